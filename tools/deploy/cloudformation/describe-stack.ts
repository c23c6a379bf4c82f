import {
  DescribeStacksCommand,
  GetTemplateCommand,
  paginateListStackResources,
  type Stack,
} from '@aws-sdk/client-cloudformation';
import { templateSchema, type StackTemplate } from '@sluice/infra/policy/template.ts';
import type { Account } from '../aws/account.ts';
import { nameOf } from '../cli/explain.ts';

/**
 * Returns true if a call failed because there is no stack of that name. CloudFormation says so only
 * in its message.
 */
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

/** Returns the current state of a stack. Undefined if there is none, or if it was deleted. */
export const describeStack = async ({ cloudFormation }: Account, name: string): Promise<Stack | undefined> => {
  const answer = await unlessMissing(cloudFormation.send(new DescribeStacksCommand({ StackName: name })));
  const stack = answer?.Stacks?.[0];
  return stack?.StackStatus === 'DELETE_COMPLETE' ? undefined : stack;
};

/** Returns the template that a stack was deployed from. Undefined if there is no stack. */
export const readDeployedTemplate = async (
  account: Account,
  name: string,
  id: string,
): Promise<StackTemplate | undefined> => {
  const stack = await describeStack(account, name);
  if (stack === undefined) return undefined;
  // The stack has only a change set.
  if (stack.StackStatus === 'REVIEW_IN_PROGRESS') return { stack: id, Resources: {}, Outputs: {} };
  const answer = await unlessMissing(
    account.cloudFormation.send(new GetTemplateCommand({ StackName: name, TemplateStage: 'Original' })),
  );
  if (answer?.TemplateBody === undefined) return undefined;
  return { ...templateSchema.parse(JSON.parse(answer.TemplateBody)), stack: id };
};

/** A deployed resource: its id in the template, its type, and its name in AWS. */
export type DeployedResource = { readonly id: string; readonly type: string; readonly physicalId: string };

/** Lists the resources of a stack. The list is empty if there is no stack. */
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

/** Returns the resources of one type whose id starts with `prefix`. */
export const findResources = (
  resources: readonly DeployedResource[],
  type: string,
  prefix = '',
): readonly DeployedResource[] => resources.filter((each) => each.type === type && each.id.startsWith(prefix));
