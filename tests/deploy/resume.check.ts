import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testFile } from '@sluice/test-servers/test-file.ts';
import { startAccount } from './account/account.ts';
import { run, start } from './command.ts';

const account = await startAccount(testFile, '222222222222');
await account.bootstrap();
const dev = ['dev', '--profile', 'x', '--yes'];

test('the lock allows one deployment at a time; an interrupted one exits with 130 and releases the lock', async () => {
  const release = account.cloudFormation.holdAt('DatabaseInstance');
  const first = start(account, 'deploy', dev);
  await first.says(/Stack sluice-dev-foundation[^]*Network\/Vpc +AWS::EC2::VPC created/);

  const second = await run(account, 'deploy', dev);
  assert.equal(second.code, 1, second.output);
  assert.match(second.output, /✗ arn:aws:sts::222222222222:user\/moto holds the lock of dev \(deploy on /);
  assert.match(second.output, /fix {4}wait until it ends; if it was killed, take its lock/);

  const removal = await run(account, 'destroy', [...dev, '--allow-destructive']);
  assert.equal(removal.code, 1, removal.output);
  assert.match(removal.output, /✗ arn:aws:sts::222222222222:user\/moto holds the lock of dev/);
  assert.doesNotMatch(removal.output, /Resources to delete with dev/);

  first.signal('SIGINT');
  const { code, output } = await first.ended;
  assert.equal(code, 130, output);
  assert.match(output, /Interrupted\. CloudFormation finishes its current operation by itself/);
  release();
});

test('the next run waits for the operation in progress, and deploys as far as the emulator supports', async () => {
  const { code, output } = await run(account, 'deploy', dev);
  for (const stack of ['registry', 'foundation', 'app'])
    assert.match(output, new RegExp(`✓ sluice-dev-${stack} is up to date`));
  assert.match(output, /sluice-dev-foundation: an earlier operation is in progress/);
  assert.match(output, /^ {2}The API is closed: writes need a token, and anyone can read$/m);
  assert.match(output, /✓ \d+ files uploaded/);
  // The emulator runs no tasks, so the command reports what it waited for.
  assert.equal(code, 1, output);
  assert.match(output, /✗ Services: timeout after \d+ min; /);
});
