import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CloudWatchLogsClient, CreateLogStreamCommand, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { testFile } from '@sluice/test-servers/test-file.ts';
import { startAccount } from './account/account.ts';
import { plantEnvironment } from './account/plant-environment.ts';
import { run } from './command.ts';

const account = await startAccount(testFile, '222222222222');
const logs = new CloudWatchLogsClient({
  region: 'eu-central-1',
  endpoint: `http://127.0.0.1:${account.motoPort}`,
  credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' },
});
testFile.after(() => logs.destroy());

const write = async (logGroupName: string, logStreamName: string, messages: readonly string[]): Promise<void> => {
  await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
  const timestamp = Date.now();
  const logEvents = messages.map((message, index) => ({ message, timestamp: timestamp + index }));
  await logs.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));
};

test('status, logs and ops of an environment that is not deployed exit with 1 and name the fix', async () => {
  for (const [command, ...words] of [['status'], ['logs', 'consumer'], ['ops', 'verify']] as const) {
    const { code, output } = await run(account, command, ['dev', ...words, '--profile', 'x']);
    assert.equal(code, 1, output);
    assert.match(output, /fix {4}npm run deploy -- dev/);
  }
});

test('the status shows services, versions, queue, counts, alarms and cost in one table; an unknown row does not hide the others', async () => {
  await plantEnvironment(account, 'dev', 'dev-0123456789ab');
  const { code, output } = await run(account, 'status', ['dev', '--profile', 'x']);
  // The emulator runs no tasks, so there is no queue state and no API answers.
  assert.equal(code, 1, output);
  assert.match(output, /^dev {2}eu-central-1 {2}https:\/\/\w+\.cloudfront\.net$/m);
  assert.match(output, /^ {2}api +closed {2}writes need a token, and anyone can read$/m);
  assert.match(output, /✗ producer +0 of 1 tasks {2}dev-0123456789ab/);
  assert.match(output, /✗ consumer +0 of 1 tasks {2}dev-0123456789ab/);
  assert.match(output, /✗ queue +unknown {2}no metrics for five minutes/);
  assert.match(output, /✗ counts +unknown/);
  assert.match(output, /^ {2}alarms +none/m);
  assert.match(output, /^ {2}cost +0\.00 USD/m);
});

test('log lines of a service have time, container and task, and lines with metrics are hidden', async () => {
  const group = account.cloudFormation.findResource('sluice-dev-app', 'ConsumerServiceLog');
  await write(group, 'consumer/consumer/0123456789abcdef', [
    '{"msg":"it runs"}',
    '{"_aws":{},"sluice_recorded_total":1}',
  ]);
  const { code, output } = await run(account, 'logs', ['dev', 'consumer', '--profile', 'x']);
  assert.equal(code, 0, output);
  assert.match(output, /^\d{4}-[\dT:.-]+Z {2}consumer 01234567 {2}\{"msg":"it runs"\}$/m);
  assert.doesNotMatch(output, /_aws/);
  const all = await run(account, 'logs', ['dev', 'consumer', '--metrics', '--profile', 'x']);
  assert.match(all.output, /_aws/);
  for (const words of [['dev', 'nobody'], ['dev'], ['dev', 'consumer', '--since', 'yesterday']])
    assert.equal((await run(account, 'logs', words)).code, 2);
});

test('an operator’s command runs in a task next to the consumers, and exits with its status', async () => {
  const group = account.cloudFormation.findResource('sluice-dev-app', 'OperatorTaskLog');
  let started: { overrides?: unknown; networkConfiguration?: unknown } = {};
  const watch = account.front.add(async ({ service, action, body }) => {
    if (service === 'ecs' && action === 'RunTask') started = JSON.parse(body.toString());
    return undefined;
  });
  // moto starts tasks but does not run them. This rule adds output and exit code 1.
  const end = account.front.add(async ({ service, action }, ask) => {
    if (service !== 'ecs' || action !== 'DescribeTasks') return undefined;
    const answer = await ask();
    const described = JSON.parse(answer.body.toString());
    const [task] = described.tasks;
    await write(group, `operator/operator/${task.taskArn.split('/').at(-1)}`, [
      'There is no dead letter 1-0.\u001b[2J',
    ]).catch(() => undefined);
    Object.assign(task, { lastStatus: 'STOPPED', containers: [{ name: 'operator', exitCode: 1 }] });
    return { ...answer, body: Buffer.from(JSON.stringify(described)) };
  });
  const { code, output } = await run(account, 'ops', ['dev', 'dead-letters', 'show', '1-0', '--profile', 'x']);
  watch();
  end();
  assert.equal(code, 1, output);
  assert.ok(output.includes(String.raw`There is no dead letter 1-0.\u001b[2J`), output);
  assert.deepEqual(started.overrides, {
    containerOverrides: [
      { name: 'operator', command: ['node', 'apps/consumer/operator/main.ts', 'dead-letters', 'show', '1-0'] },
    ],
  });
  assert.ok(started.networkConfiguration !== undefined);

  const misused = await run(account, 'ops', ['dev', 'restart', '--profile', 'x']);
  assert.equal(misused.code, 2, misused.output);
  assert.match(misused.output, /npm run ops -- ENV dead-letters list/);
});
