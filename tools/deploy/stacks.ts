import {
  ContinueUpdateRollbackCommand,
  DeleteStackCommand,
  UpdateTerminationProtectionCommand,
} from '@aws-sdk/client-cloudformation';
import { join } from 'node:path';
import type { Account } from './account.ts';
import type { Assembly, StackToDeploy } from './assembly.ts';
import { runCdk, sayCdkFailure } from './cdk.ts';
import { pause, type Work } from './command.ts';
import { describeStack } from './describe-stack.ts';
import { CommandError, type Fault } from './explain.ts';
import { followStack, type Follower } from './follow-stack.ts';
import { idsAlone, namesIn } from './resource-names.ts';
import { findStoppedTasks } from './stopped-tasks.ts';
import type { Event } from './stack-events.ts';
import { explainFailure } from './stack-reasons.ts';

/** What a stack needs before it can be deployed, by its status; undefined is that of one that there is not. */
export type Need = 'nothing' | 'wait' | 'removal' | 'end of rollback' | 'end of destruction';

/** "Stack status codes" of the CloudFormation guide. */
export const needOf = (status: string | undefined): Need => {
  if (status === undefined) return 'nothing';
  if (status.endsWith('_IN_PROGRESS')) return 'wait';
  // Of these nothing was ever in use, and CloudFormation lets nobody change them.
  if (['CREATE_FAILED', 'ROLLBACK_COMPLETE', 'ROLLBACK_FAILED'].includes(status)) return 'removal';
  if (status === 'UPDATE_ROLLBACK_FAILED') return 'end of rollback';
  if (status === 'DELETE_FAILED') return 'end of destruction';
  return 'nothing';
};

/** Waits until CloudFormation does nothing to a stack any more; answers with its status. */
const settle = async (work: Work, account: Account, name: string, follower: Follower): Promise<string | undefined> => {
  for (;;) {
    const status = (await describeStack(account, name))?.StackStatus;
    await follower.look();
    if (needOf(status) !== 'wait') return status;
    await pause(work);
  }
};

/** Brings a stack, whatever an earlier deployment left of it, to where it can be deployed. */
const prepare = async (work: Work, account: Account, stack: StackToDeploy): Promise<void> => {
  const { name, template } = stack;
  for (let tries = 0; tries < 5; tries += 1) {
    const status = (await describeStack(account, name))?.StackStatus;
    const need = needOf(status);
    if (need === 'nothing') return;
    if (need === 'end of destruction') {
      const what = `${name} is half destroyed (${status})`;
      throw new CommandError([{ what, where: account.region, mend: 'end it (npm run destroy), then deploy again' }]);
    }
    const follower = await followStack(account, name, namesIn(template), work);
    if (need === 'removal') {
      work.progress.line(`${name} did not come up when it was first made (${status}); what is left of it is removed`);
      const failures = await deleteStack(work, account, name);
      if (failures.length > 0)
        throw new CommandError(failures.map((each) => explainFailure(name, each, namesIn(template))));
      continue;
    }
    if (need === 'end of rollback') {
      work.progress.line(`${name} was not put back whole (${status}); CloudFormation tries again`);
      await account.cloudFormation.send(new ContinueUpdateRollbackCommand({ StackName: name }));
    } else {
      work.progress.line(`${name} is under way from before (${status}); waiting for its end`);
    }
    await settle(work, account, name, follower);
  }
  const what = `${name} does not come to rest`;
  throw new CommandError([{ what, where: account.region, mend: `see its events in the console of CloudFormation` }]);
};

/**
 * Deploys a stack and shows how. One that fails is put back by CloudFormation, and can be deployed again. Throws a {@link CommandError} with
 * the failure that the others followed from.
 */
export const deployStack = async (
  work: Work,
  account: Account,
  { folder }: Assembly,
  stack: StackToDeploy,
  parameters: Readonly<Record<string, string>> = {},
): Promise<void> => {
  const { id, name, template } = stack;
  await prepare(work, account, stack);
  const follower = await followStack(account, name, namesIn(template), work);
  const logFile = join(folder, '..', 'cdk.log');
  const args = [
    ...['deploy', id, '--app', folder, '--exclusively', '--require-approval', 'never', '--progress', 'events'],
    ...Object.entries(parameters).flatMap(([key, value]) => ['--parameters', `${key}=${value}`]),
  ];
  // Ends CDK, too, when following the stack fails: credentials may have expired.
  const failed = new AbortController();
  let hasEnded = false;
  const cdk = runCdk(args, { logFile, signal: AbortSignal.any([work.signal, failed.signal]) }).finally(() => {
    hasEnded = true;
  });
  // Awaited below; until then its failure is not one that nobody looks at.
  const quietly = cdk.catch(() => undefined);
  try {
    while (!hasEnded) {
      await follower.look();
      await Promise.race([quietly, pause(work)]);
    }
  } catch (error) {
    failed.abort();
    await quietly;
    throw error;
  }
  const ended = await cdk;
  await follower.look();
  const { failure } = follower.watched();
  if (ended.status === 0) return;
  const fault: Fault =
    failure === undefined
      ? {
          what: sayCdkFailure(ended),
          where: `cdk deploy ${id} (${logFile})`,
          mend: 'correct what it says, and run again',
        }
      : explainFailure(name, failure, namesIn(template));
  const tasks = failure?.type === 'AWS::ECS::Service' ? await findStoppedTasks(account, failure.physicalId) : [];
  throw new CommandError([fault, ...tasks]);
};

/** Removes a stack and waits until it is gone; answers with what could not be removed. Its protection is taken away first. */
export const deleteStack = async (work: Work, account: Account, name: string): Promise<readonly Event[]> => {
  const { cloudFormation } = account;
  const stack = await describeStack(account, name);
  if (stack === undefined) return [];
  // By its name it cannot be followed to the end.
  const arn = stack.StackId ?? name;
  const follower = await followStack(account, arn, idsAlone, work);
  if (/^UPDATE.*_IN_PROGRESS$/.test(stack.StackStatus ?? '')) {
    work.progress.line(`${name} is under way from before (${stack.StackStatus}); waiting for its end`);
    await settle(work, account, name, follower);
  }
  if (stack.EnableTerminationProtection === true) {
    await cloudFormation.send(
      new UpdateTerminationProtectionCommand({ StackName: name, EnableTerminationProtection: false }),
    );
  }
  await cloudFormation.send(new DeleteStackCommand({ StackName: name }));
  for (;;) {
    const now = await describeStack(account, arn);
    await follower.look();
    if (now === undefined) return [];
    if (now.StackStatus === 'DELETE_FAILED') return failuresOf(follower, name, now.StackStatusReason);
    await pause(work);
  }
};

const failuresOf = (follower: Follower, name: string, reason = 'no reason was given'): readonly Event[] => {
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
