import type { Account } from '../aws/account.ts';
import { pause, type Work } from '../cli/command.ts';
import { describeStack } from './describe-stack.ts';
import type { Follower } from './follow-stack.ts';

/** The action that a stack needs before it can be deployed, by its status. */
export type RequiredStep = 'nothing' | 'wait' | 'removal' | 'end of rollback' | 'end of destruction';

/**
 * Returns the action for a status ("Stack status codes" of the CloudFormation guide). Undefined is
 * the status of a stack that does not exist.
 */
export const requiredStepOf = (status: string | undefined): RequiredStep => {
  if (status === undefined) return 'nothing';
  // Stacks in these states were never in use, and CloudFormation does not allow changes to them. In
  // the last state, the stack has only a change set.
  const neverUp = ['CREATE_FAILED', 'ROLLBACK_COMPLETE', 'ROLLBACK_FAILED', 'REVIEW_IN_PROGRESS'];
  if (neverUp.includes(status)) return 'removal';
  if (status.endsWith('_IN_PROGRESS')) return 'wait';
  if (status === 'UPDATE_ROLLBACK_FAILED') return 'end of rollback';
  if (status === 'DELETE_FAILED') return 'end of destruction';
  return 'nothing';
};

/** Waits until CloudFormation no longer works on a stack. Returns its status. */
export const waitUntilStable = async (
  work: Work,
  account: Account,
  name: string,
  follower: Follower,
): Promise<string | undefined> => {
  for (;;) {
    const status = (await describeStack(account, name))?.StackStatus;
    await follower.look();
    if (requiredStepOf(status) !== 'wait') return status;
    await pause(work);
  }
};
