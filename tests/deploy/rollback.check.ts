import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testFile } from '@sluice/test-servers/test-file.ts';
import { startAccount } from './account/account.ts';
import { run } from './command.ts';
import { denyPush } from './faults.ts';

const account = await startAccount(testFile, '222222222222');
await account.bootstrap();
const dev = ['dev', '--profile', 'x', '--yes'];

test('a denied push exits with 1 and the rights to allow, after the registry was created', async () => {
  const remove = account.registry.add(denyPush);
  const { code, output } = await run(account, 'deploy', dev);
  remove();
  assert.equal(code, 1, output);
  assert.match(output, /✗ The registry denied access: [^\n]*denied/i);
  assert.match(output, /where {2}docker push producer/);
  assert.match(output, /fix {4}allow ecr:PutImage/);
  assert.deepEqual(account.cloudFormation.statuses(), { 'sluice-dev-registry': 'CREATE_COMPLETE' });
  assert.ok(account.front.asked.includes('ssm:DeleteParameter'), 'the lock is still there');
});

test('a failed stack is rolled back, and the message is the failure that caused the others', async () => {
  const remove = account.cloudFormation.failAt(
    'DatabaseInstanceAA8A5FDE',
    'CREATE',
    'Resource handler returned message: "Cannot create a t4g.micro in this zone (Service: Rds, Status Code: 400)" (HandlerErrorCode: InvalidRequest)',
  );
  const { code, output } = await run(account, 'deploy', dev);
  remove();
  assert.equal(code, 1, output);
  // The images are pushed. Then the database fails, and CloudFormation removes the created
  // resources.
  for (const image of ['producer', 'consumer', 'envoy'])
    assert.match(output, new RegExp(`✓ ${image} built and pushed: dev-`));
  assert.match(output, /✓ Network\/Vpc +AWS::EC2::VPC created/);
  assert.match(output, /✗ Database\/Instance +AWS::RDS::DBInstance: [^\n]*Cannot create a t4g\.micro/);
  assert.match(output, /↩ rolling back/);
  assert.match(
    output,
    /✗ [^\n]*Cannot create a t4g\.micro[^\n]*\n {2}where {2}sluice-dev-foundation, Database\/Instance/,
  );
  assert.equal(account.cloudFormation.statuses()['sluice-dev-foundation'], 'ROLLBACK_COMPLETE');
});

test('the next run deletes the failed stack, reuses the existing images, and creates the stack', async () => {
  const remove = account.cloudFormation.failAt(
    'ConsumerService',
    'CREATE',
    'The consumer is not what this test is about',
  );
  const { code, output } = await run(account, 'deploy', dev);
  remove();
  assert.equal(code, 1, output);
  assert.match(output, /= producer exists: dev-/);
  assert.match(output, /sluice-dev-foundation was never created completely \(ROLLBACK_COMPLETE\); deleting it first/);
  assert.match(output, /✓ sluice-dev-foundation is up to date/);
  assert.equal(account.cloudFormation.statuses()['sluice-dev-app'], 'ROLLBACK_COMPLETE');
});
