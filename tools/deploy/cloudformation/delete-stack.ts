import { DeleteStackCommand, UpdateTerminationProtectionCommand } from '@aws-sdk/client-cloudformation';
import type { Account } from '../aws/account.ts';
import { pause, type Work } from '../cli/command.ts';
import { describeStack } from './describe-stack.ts';
import { followStack, type Follower } from './follow-stack.ts';
import type { Event } from './stack-events.ts';
import { waitUntilStable } from './stack-status.ts';

/**
 * Disables the protection of a stack, deletes it, and waits until it is gone. Returns the resources
 * that could not be removed.
 */
export const deleteStack = async (
  work: Work,
  account: Account,
  name: string,
  labelOf: (id: string) => string,
): Promise<readonly Event[]> => {
  const { cloudFormation } = account;
  const stack = await describeStack(account, name);
  if (stack === undefined) return [];
  // A deleted stack can only be followed by its ARN.
  const arn = stack.StackId ?? name;
  const follower = await followStack(account, arn, labelOf, work);
  if (/^UPDATE.*_IN_PROGRESS$/.test(stack.StackStatus ?? '')) {
    work.progress.line(`${name}: an earlier operation is in progress (${stack.StackStatus}); waiting for its end`);
    await waitUntilStable(work, account, name, follower);
  }
  if (stack.EnableTerminationProtection === true) {
    await cloudFormation.send(
      new UpdateTerminationProtectionCommand({ StackName: name, EnableTerminationProtection: false }),
    );
  }
  await cloudFormation.send(new DeleteStackCommand({ StackName: name }));
  for (;;) {
    // Waits first: an immediate request might still return the previous status.
    await pause(work);
    const now = await describeStack(account, arn);
    await follower.look();
    if (now === undefined) return [];
    if (now.StackStatus === 'DELETE_FAILED') return failuresOf(follower, name, now.StackStatusReason);
  }
};

const failuresOf = (follower: Follower, name: string, reason = 'no reason given'): readonly Event[] => {
  const { failure } = follower.watched();
  const ofStack: Event = {
    id: '',
    atMs: 0,
    resource: name,
    physicalId: '',
    type: 'AWS::CloudFormation::Stack',
    status: 'DELETE_FAILED',
    reason,
  };
  return [failure ?? ofStack];
};
