import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testFile } from '@sluice/test-servers/test-file.ts';
import { startAccount } from './account/account.ts';
import { run, start } from './command.ts';

const account = await startAccount(testFile, '222222222222');
await account.bootstrap();
const dev = ['dev', '--profile', 'x', '--region', 'eu-central-1', '--yes'];

test('one deployment at a time works on an environment; one that is interrupted ends with 130 and leaves no lock', async () => {
  const release = account.cloudFormation.holdAt('DatabaseInstance');
  const first = start(account, 'deploy', dev);
  await first.says(/Stack sluice-dev-foundation[^]*Network\/Vpc +AWS::EC2::VPC made/);

  const second = await run(account, 'deploy', dev);
  assert.equal(second.code, 1, second.output);
  assert.match(second.output, /✗ arn:aws:sts::222222222222:user\/moto works on dev \(deploy on /);
  assert.match(second.output, /fix {4}wait for its end; if it was killed, take the lock over/);

  const removal = await run(account, 'destroy', [...dev, '--allow-destructive']);
  assert.equal(removal.code, 1, removal.output);
  assert.match(removal.output, /✗ arn:aws:sts::222222222222:user\/moto works on dev/);
  assert.doesNotMatch(removal.output, /What goes with dev/);

  first.signal('SIGINT');
  const { code, output } = await first.ended;
  assert.equal(code, 130, output);
  assert.match(output, /Interrupted\. What CloudFormation has begun it ends by itself/);
  release();
});

test('run again it waits for what is under way, and goes as far as the emulated account does: to CloudFront’s address', async () => {
  const { code, output } = await run(account, 'deploy', dev);
  for (const stack of ['registry', 'foundation', 'app'])
    assert.match(output, new RegExp(`✓ sluice-dev-${stack} is as it should be`));
  assert.match(output, /sluice-dev-foundation is under way from before/);
  assert.match(output, /^ {2}The API is closed: writes need a token, and anybody may read$/m);
  assert.match(output, /✓ \d+ files uploaded/);
  // The emulator runs no tasks, so the command reports what it waited for.
  assert.equal(code, 1, output);
  assert.match(output, /✗ Services: not within \d+ min; /);
});
