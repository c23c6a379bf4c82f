import type { Account } from '../aws/account.ts';
import { emptyBucket } from '../aws/buckets.ts';
import type { Work } from '../cli/command.ts';
import { deleteStack } from './delete-stack.ts';
import { findResources, type DeployedResource } from './describe-stack.ts';
import { CommandError } from '../cli/explain.ts';
import { removeOriginGroup, waitForInterfaces } from '../aws/interfaces.ts';
import { emptyRepository } from '../aws/repositories.ts';
import { explainFailure } from './stack-reasons.ts';
import { unprotect } from './unprotect.ts';

/** An existing stack with its resources. */
export type Removable = {
  readonly name: string;
  readonly account: Account;
  readonly resources: readonly DeployedResource[];
  /** Returns the label of a resource by its id in the template. */
  readonly labelOf: (id: string) => string;
};

/** Empties the resources that CloudFormation removes only when empty. */
const empty = async (work: Work, { account, resources }: Removable): Promise<void> => {
  for (const { physicalId } of findResources(resources, 'AWS::S3::Bucket')) {
    const count = await emptyBucket(work, account, physicalId);
    if (count > 0) work.progress.line(`✓ ${physicalId} emptied: ${count} object versions`);
  }
  for (const { physicalId } of findResources(resources, 'AWS::ECR::Repository')) {
    const count = await emptyRepository(work, account, physicalId);
    if (count > 0) work.progress.line(`✓ ${physicalId} emptied: ${count} images`);
  }
};

const attempts = 3;

/**
 * Removes a stack and what it holds. With `unprotects`, first disables the deletion protection of
 * its resources. Retries if AWS had to remove something first, or if something was written in the
 * meantime. Throws a {@link CommandError}.
 */
export const removeStack = async (
  work: Work,
  stack: Removable,
  { unprotects }: { readonly unprotects: boolean },
): Promise<void> => {
  const { name, account, resources, labelOf } = stack;
  const [vpc] = findResources(resources, 'AWS::EC2::VPC');
  for (let attempt = 1; ; attempt += 1) {
    for (const { id } of unprotects ? await unprotect(account, resources) : [])
      work.progress.line(`✓ deletion protection of ${labelOf(id)} disabled`);
    // The load balancer and CloudFront write logs until they are gone.
    await empty(work, stack);
    const failures = await deleteStack(work, account, name, labelOf);
    if (failures.length === 0) break;
    if (attempt === attempts) throw new CommandError(failures.map((each) => explainFailure(name, each, labelOf)));
    work.progress.line(
      `${name} could not be deleted completely; waiting for the resources that block it, then retrying`,
    );
    if (vpc !== undefined) {
      await waitForInterfaces(work, account, vpc.physicalId, ['CloudFront', 'Lambda']);
      await removeOriginGroup(account, vpc.physicalId);
    }
  }
  work.progress.line(`✓ ${name} deleted`);
};
