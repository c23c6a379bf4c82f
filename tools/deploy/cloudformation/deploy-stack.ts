import { join } from 'node:path';
import { ContinueUpdateRollbackCommand } from '@aws-sdk/client-cloudformation';
import type { Account } from '../aws/account.ts';
import type { Assembly, StackToDeploy } from './assembly.ts';
import { runCdk, formatCdkFailure } from './cdk.ts';
import { pause, type Work } from '../cli/command.ts';
import { describeStack, listResources } from './describe-stack.ts';
import { CommandError, type Issue } from '../cli/explain.ts';
import { followStack } from './follow-stack.ts';
import { removeStack } from './remove-stack.ts';
import { namesIn } from './resource-names.ts';
import { explainFailure } from './stack-reasons.ts';
import { fetchRequiredStep, waitUntilStable } from './stack-status.ts';
import { findStoppedTasks } from '../aws/stopped-tasks.ts';

/** Brings a stack into a state in which it can be deployed, whatever an earlier deployment left. */
const prepare = async (work: Work, account: Account, stack: StackToDeploy): Promise<void> => {
  const { name, template } = stack;
  for (let tries = 0; tries < 5; tries += 1) {
    const need = await fetchRequiredStep(account, name);
    if (need === 'nothing') return;
    const status = (await describeStack(account, name))?.StackStatus;
    if (need === 'end of destruction') {
      const what = `${name} was in use, and is only partly deleted (${status})`;
      const ofStack = `aws cloudformation delete-stack --stack-name ${name} --region ${account.region}`;
      const fix = `finish the deletion: ${ofStack} deletes this stack, and npm run destroy the whole environment with its data; then deploy again`;
      throw new CommandError([{ what, where: account.region, fix }]);
    }
    const follower = await followStack(account, name, namesIn(template), work);
    if (need === 'removal') {
      work.progress.line(`${name} was never created completely (${status}); deleting it first`);
      const resources = await listResources(account, name);
      // Nobody has used its resources, and CloudFormation cannot delete protected ones.
      await removeStack(work, { name, account, resources, labelOf: namesIn(template) }, { unprotects: true });
      continue;
    }
    if (need === 'end of rollback') {
      work.progress.line(`${name}: the rollback failed (${status}); retrying it`);
      await account.cloudFormation.send(new ContinueUpdateRollbackCommand({ StackName: name }));
    } else {
      work.progress.line(`${name}: an earlier operation is in progress (${status}); waiting for its end`);
    }
    await waitUntilStable(work, account, name, follower);
  }
  const what = `${name} does not become stable`;
  throw new CommandError([{ what, where: account.region, fix: 'check its events in the CloudFormation console' }]);
};

/**
 * Deploys a stack and shows its progress. CloudFormation rolls a failed stack back, so that it can
 * be deployed again. Throws a {@link CommandError} with the failure that caused the others.
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
  // Ends CDK too if following the stack fails: credentials may have expired.
  const failed = new AbortController();
  let hasEnded = false;
  const cdk = runCdk(args, { logFile, signal: AbortSignal.any([work.signal, failed.signal]) }).finally(() => {
    hasEnded = true;
  });
  // Awaited below. Until then this avoids an unhandled rejection.
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
  const issue: Issue =
    failure === undefined
      ? {
          what: formatCdkFailure(ended),
          where: `cdk deploy ${id} (${logFile})`,
          fix: 'correct the reported error, then run the same command again',
        }
      : explainFailure(name, failure, namesIn(template));
  const tasks = failure?.type === 'AWS::ECS::Service' ? await findStoppedTasks(account, failure.physicalId) : [];
  throw new CommandError([issue, ...tasks]);
};
