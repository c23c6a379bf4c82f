import type { Account } from '../aws/account.ts';
import { pause, type Work } from '../cli/command.ts';
import { describeStack } from './describe-stack.ts';
import { readEvents, type Follower } from './follow-stack.ts';
import type { Event } from './stack-events.ts';

/** The action that a stack needs before it can be deployed, by its status. */
export type RequiredStep = 'nothing' | 'wait' | 'removal' | 'end of rollback' | 'end of destruction';

/**
 * Returns the action for a status ("Stack status codes" of the CloudFormation guide). Undefined is
 * the status of a stack that does not exist.
 * @internal
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

/**
 * Returns true if the events of a stack, the oldest first, begin with its creation and none of them
 * completes it. Events older than 90 days are gone, and then the stack counts as one that was up.
 * @internal
 */
export const neverCameUp = (events: readonly Event[], name: string): boolean => {
  const statuses = events.flatMap(({ resource, status }) => (resource === name ? [status] : []));
  return statuses.some((each) => begins.test(each)) && !statuses.some((each) => completes.test(each));
};

const begins = /^(?:REVIEW|CREATE)_IN_PROGRESS$/;
const completes = /^(?:CREATE|UPDATE|IMPORT)_COMPLETE/;

/**
 * Returns the action that a stack needs before it can be deployed. A stack whose deletion failed is
 * removed if it never came up: an earlier deployment began to remove it.
 */
export const fetchRequiredStep = async (account: Account, name: string): Promise<RequiredStep> => {
  const need = requiredStepOf((await describeStack(account, name))?.StackStatus);
  if (need !== 'end of destruction') return need;
  return neverCameUp(await readEvents(account, name), name) ? 'removal' : need;
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
