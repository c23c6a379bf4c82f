import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeTasksCommand, RunTaskCommand, StopTaskCommand, type Task } from '@aws-sdk/client-ecs';
import { escapeControls } from '@sluice/runtime/logging/escape-controls.ts';
import { connectTo, settingsFor, watchErrors, type Account } from '../aws/account.ts';
import { pause, runCommand, UsageError, type Work } from '../cli/command.ts';
import { CommandError, nameOf } from '../cli/explain.ts';
import { openEnvironment } from '../cli/questions.ts';
import { clusterOf, findLogs, findServices } from '../aws/service.ts';

// `npm run ops -- ENV COMMAND`: runs an operator's command next to the consumers, in a task that
// ends with it (infra/services/operator.ts).

const usage = `npm run ops -- ENV dead-letters list [--after NAME] | show NAME | replay NAME | replay --all | drop NAME | drop --all | move NAME
npm run ops -- ENV consumers pause | resume | status
npm run ops -- ENV verify
With --table NAME, list, replay, drop, pause, resume and status apply to the rows of one table.`;

const commands = new Set(['dead-letters', 'consumers', 'verify']);
const container = 'operator';
const program = ['node', 'apps/consumer/operator/main.ts'];
/** The polls after the task has ended. CloudWatch has its last lines some moments later. */
const pollsAfterTheEnd = 3;

type Place = { readonly account: Account; readonly environment: string };

const failed = (environment: string, what: string): CommandError => {
  const where = `task sluice-${environment}-${container} in cluster ${clusterOf(environment)}`;
  return new CommandError([{ what, where, fix: 'correct the reported error, then run the same command again' }]);
};

/** Starts the task where the consumers run: in their subnets and their security group. */
const start = async ({ account, environment }: Place, words: readonly string[]): Promise<Task> => {
  const [consumer] = await findServices(account, environment, ['consumer']);
  const { tasks, failures } = await account.ecs.send(
    new RunTaskCommand({
      cluster: clusterOf(environment),
      taskDefinition: `sluice-${environment}-${container}`,
      launchType: 'FARGATE',
      networkConfiguration: consumer?.networkConfiguration,
      overrides: { containerOverrides: [{ name: container, command: [...program, ...words] }] },
      propagateTags: 'TASK_DEFINITION',
    }),
  );
  const [task] = tasks ?? [];
  if (task?.taskArn !== undefined) return task;
  throw failed(
    environment,
    `ECS did not start the task: ${failures?.map(({ reason }) => reason).join(', ') ?? 'no reason given'}`,
  );
};

/**
 * Creates a function that writes the task's lines since its last call. It returns true if there
 * were any.
 */
const createReader = (logs: CloudWatchLogsClient, logGroupName: string, logStreamName: string) => {
  let nextToken: string | undefined;
  return async (): Promise<boolean> => {
    try {
      const answer = await logs.send(
        new GetLogEventsCommand({ logGroupName, logStreamName, nextToken, startFromHead: true }),
      );
      nextToken = answer.nextForwardToken;
      for (const { message = '' } of answer.events ?? [])
        process.stdout.write(`${escapeControls(message.trimEnd())}\n`);
      return (answer.events ?? []).length > 0;
    } catch (error) {
      // The stream does not exist before the first line.
      if (nameOf(error) === 'ResourceNotFoundException') return false;
      throw error;
    }
  };
};

/** Shows the output of the task until it has ended. Returns the ended task. */
const follow = async ({ account, environment }: Place, task: Task, work: Work): Promise<Task> => {
  const { group } = await findLogs(account, task.taskDefinitionArn ?? '');
  const id = task.taskArn?.split('/').at(-1) ?? '';
  const logs = watchErrors(new CloudWatchLogsClient(settingsFor(account.region)), account.region);
  const read = createReader(logs, group, `${container}/${container}/${id}`);
  const asked = new DescribeTasksCommand({ cluster: clusterOf(environment), tasks: [task.taskArn ?? ''] });
  let now = task;
  while (now.lastStatus !== 'STOPPED') {
    work.progress.status(`Task ${id}: ${now.lastStatus ?? 'requested'}`);
    await pause(work);
    now = (await account.ecs.send(asked)).tasks?.[0] ?? now;
    await read();
  }
  for (let looks = 0; looks < pollsAfterTheEnd; looks += 1) {
    await pause(work);
    if (await read()) looks = -1;
  }
  work.progress.clear();
  return now;
};

await runCommand(async (work) => {
  const target = await openEnvironment(usage, process.argv.slice(2), work, {
    all: { type: 'boolean', default: false },
    after: { type: 'string' },
    table: { type: 'string' },
  });
  const { after, all, table } = target.flags;
  // Checked here, because a task takes a minute to start and report the wrong usage.
  if (!commands.has(target.words[0] ?? '')) throw new UsageError(usage);
  const words = [
    ...target.words,
    ...(all === true ? ['--all'] : []),
    ...(typeof after === 'string' ? ['--after', after] : []),
    ...(typeof table === 'string' ? ['--table', table] : []),
  ];
  const environment = target.environment.name;
  const place = { account: connectTo(target.environment.region), environment };
  const task = await start(place, words);
  try {
    const { containers, stoppedReason } = await follow(place, task, work);
    const exitCode = containers?.find(({ name }) => name === container)?.exitCode;
    if (exitCode === undefined) throw failed(environment, stoppedReason ?? 'The task ended without an exit status');
    return exitCode;
  } catch (error) {
    if (work.signal.aborted) {
      const stopped = { cluster: clusterOf(environment), task: task.taskArn, reason: 'Interrupted by the operator' };
      await place.account.ecs.send(new StopTaskCommand(stopped));
    }
    throw error;
  }
});
