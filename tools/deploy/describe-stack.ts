import {
  DescribeStacksCommand,
  GetTemplateCommand,
  paginateListStackResources,
  type Stack,
} from '@aws-sdk/client-cloudformation';
import { templateSchema, type StackTemplate } from '@sluice/infra/policy/template.ts';
import type { Account } from './account.ts';
import { nameOf } from './explain.ts';

/** Whether a call failed because there is no such stack: CloudFormation says so in words alone. */
export const isMissing = (error: unknown): boolean =>
  error instanceof Error && nameOf(error) === 'ValidationError' && /does not exist/.test(error.message);

const unlessMissing = async <Answer>(call: Promise<Answer>): Promise<Answer | undefined> => {
  try {
    return await call;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
};

/** A stack as it is; undefined where there is none, or none any more. */
export const describeStack = async ({ cloudFormation }: Account, name: string): Promise<Stack | undefined> => {
  const answer = await unlessMissing(cloudFormation.send(new DescribeStacksCommand({ StackName: name })));
  const stack = answer?.Stacks?.[0];
  return stack?.StackStatus === 'DELETE_COMPLETE' ? undefined : stack;
};

/** The template that a stack was deployed from; undefined where there is no stack. */
export const readDeployedTemplate = async (
  account: Account,
  name: string,
  id: string,
): Promise<StackTemplate | undefined> => {
  const stack = await describeStack(account, name);
  if (stack === undefined) return undefined;
  // There is a change set and nothing else.
  if (stack.StackStatus === 'REVIEW_IN_PROGRESS') return { stack: id, Resources: {}, Outputs: {} };
  const answer = await unlessMissing(
    account.cloudFormation.send(new GetTemplateCommand({ StackName: name, TemplateStage: 'Original' })),
  );
  if (answer?.TemplateBody === undefined) return undefined;
  return { ...templateSchema.parse(JSON.parse(answer.TemplateBody)), stack: id };
};

/** A resource that there is: its id in the template, its kind, and what AWS calls it. */
export type DeployedResource = { readonly id: string; readonly type: string; readonly physicalId: string };

/** The resources of a stack; none where there is no stack. */
export const listResources = async ({ cloudFormation }: Account, name: string): Promise<DeployedResource[]> => {
  const found: DeployedResource[] = [];
  try {
    for await (const page of paginateListStackResources({ client: cloudFormation }, { StackName: name })) {
      for (const {
        LogicalResourceId,
        ResourceType,
        PhysicalResourceId,
        ResourceStatus,
      } of page.StackResourceSummaries ?? []) {
        if (PhysicalResourceId === undefined || ResourceStatus === 'DELETE_COMPLETE') continue;
        found.push({ id: LogicalResourceId ?? '', type: ResourceType ?? '', physicalId: PhysicalResourceId });
      }
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  return found;
};

/** The resources of one kind whose id begins with `prefix`. */
export const findResources = (
  resources: readonly DeployedResource[],
  type: string,
  prefix = '',
): readonly DeployedResource[] => resources.filter((each) => each.type === type && each.id.startsWith(prefix));
