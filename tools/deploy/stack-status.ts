import type { Account } from './account.ts';
import { pause, type Work } from './command.ts';
import { describeStack } from './describe-stack.ts';
import type { Follower } from './follow-stack.ts';

/** What a stack needs before it can be deployed, by its status; undefined is that of one that there is not. */
export type Need = 'nothing' | 'wait' | 'removal' | 'end of rollback' | 'end of destruction';

/** "Stack status codes" of the CloudFormation guide. */
export const needOf = (status: string | undefined): Need => {
  if (status === undefined) return 'nothing';
  // Of these nothing was ever in use, and CloudFormation lets nobody change them; of the last there is a change set and nothing else.
  const neverUp = ['CREATE_FAILED', 'ROLLBACK_COMPLETE', 'ROLLBACK_FAILED', 'REVIEW_IN_PROGRESS'];
  if (neverUp.includes(status)) return 'removal';
  if (status.endsWith('_IN_PROGRESS')) return 'wait';
  if (status === 'UPDATE_ROLLBACK_FAILED') return 'end of rollback';
  if (status === 'DELETE_FAILED') return 'end of destruction';
  return 'nothing';
};

/** Waits until CloudFormation does nothing to a stack any more; answers with its status. */
export const settle = async (
  work: Work,
  account: Account,
  name: string,
  follower: Follower,
): Promise<string | undefined> => {
  for (;;) {
    const status = (await describeStack(account, name))?.StackStatus;
    await follower.look();
    if (needOf(status) !== 'wait') return status;
    await pause(work);
  }
};
