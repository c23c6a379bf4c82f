import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DescribeLoadBalancerAttributesCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds';
import { testFile } from '@sluice/test-servers/test-file.ts';
import { startAccount } from './account/account.ts';
import { plantImages } from './account/plant-images.ts';
import { commitSources } from './account/snapshot.ts';
import { run } from './command.ts';
import { denyOtherRoles } from './faults.ts';

const account = await startAccount(testFile, '444444444444');
const sources = commitSources(testFile);
// The firewall is in us-east-1.
await account.bootstrap('eu-central-1', 'us-east-1');
const stageTag = `stage-${sources.commit.slice(0, 12)}`;
await plantImages(account, { environment: 'stage', account: '333333333333', tag: stageTag });

const settings = {
  region: 'eu-central-1',
  endpoint: `http://127.0.0.1:${account.motoPort}`,
  credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' },
};
const rds = new RDSClient(settings);
const loadBalancing = new ElasticLoadBalancingV2Client(settings);
testFile.after(() => rds.destroy());
testFile.after(() => loadBalancing.destroy());

const findDatabase = async () => {
  const { DBInstances: [found] = [] } = await rds.send(
    new DescribeDBInstancesCommand({ DBInstanceIdentifier: 'sluice-prod' }),
  );
  // The emulator says the current time.
  const { LatestRestorableTime: _now, ...database } = found ?? assert.fail('There is no database');
  return database;
};

/** CDK's roles that the role of a pipeline may assume (infra/environment-stage.test.ts). */
const allowed = ['eu-central-1', 'us-east-1'].flatMap((region) =>
  ['deploy', 'file-publishing'].map(
    (role) => `arn:aws:iam::444444444444:role/cdk-hnb659fds-${role}-role-444444444444-${region}`,
  ),
);
account.front.add(denyOtherRoles(allowed));

/** Faults that outlive a test. */
const removals: (() => void)[] = [];

/** Deploys prod. No advice may tell anybody to destroy it. */
const deploy = async () => {
  const before = account.front.asked.length;
  const ended = await run(account, 'deploy', ['prod', '--profile', 'x', '--yes'], sources.variables);
  assert.doesNotMatch(ended.output, /npm run destroy/);
  return { ...ended, asked: account.front.asked.slice(before) };
};

test('a foundation of prod that fails at its first creation keeps its database, which is protected', async () => {
  const remove = account.cloudFormation.failAt('QueueNodes', 'CREATE', 'No capacity for the queue');
  const { code, output } = await deploy();
  remove();
  assert.equal(code, 1, output);
  // Stage is in another account, and its images are copied by digest.
  for (const image of ['producer', 'consumer', 'envoy'])
    assert.match(output, new RegExp(`✓ ${image} copied from stage: sha256:`));
  assert.match(output, /✗ Database\/Instance +AWS::RDS::DBInstance: Cannot delete protected DB Instance/);
  assert.match(output, /✗ No capacity for the queue\n {2}where {2}sluice-prod-foundation, Queue\/Nodes/);
  assert.equal(account.cloudFormation.statuses()['sluice-prod-foundation'], 'ROLLBACK_FAILED');
});

test('the next run takes the protection off what never came up, and creates the foundation', async () => {
  const failed = (await findDatabase()).InstanceCreateTime;
  const remove = account.cloudFormation.failAt('ConsumerServiceD', 'CREATE', 'The consumer does not start');
  removals.push(account.cloudFormation.failAt('Namespace', 'DELETE', 'The namespace has services'));
  const { code, output } = await deploy();
  remove();
  assert.equal(code, 1, output);
  assert.match(output, /sluice-prod-foundation was never created completely \(ROLLBACK_FAILED\); deleting it first/);
  assert.match(output, /✓ deletion protection of Database\/Instance disabled/);
  assert.match(output, /✓ sluice-prod-foundation is up to date/);
  const database = await findDatabase();
  assert.notDeepEqual(database.InstanceCreateTime, failed);
  assert.equal(database.DeletionProtection, true);
  // The app fails, too. Its load balancer is protected from the first second.
  assert.match(output, /✗ LoadBalancer\/Balancer +AWS::ElasticLoadBalancingV2::LoadBalancer: [^\n]*protection/);
  assert.equal(account.cloudFormation.statuses()['sluice-prod-app'], 'ROLLBACK_FAILED');
});

test('a removal that fails in between is continued, and then the app comes up, with the database untouched', async () => {
  const database = await findDatabase();
  const stopped = await deploy();
  for (const remove of removals) remove();
  assert.equal(stopped.code, 1, stopped.output);
  assert.match(stopped.output, /✓ deletion protection of LoadBalancer\/Balancer disabled/);
  assert.equal(account.cloudFormation.statuses()['sluice-prod-app'], 'DELETE_FAILED');

  const { output, asked } = await deploy();
  assert.match(output, /sluice-prod-app was never created completely \(DELETE_FAILED\); deleting it first/);
  assert.match(output, /✓ sluice-prod-app is up to date/);
  // The emulator runs no tasks, so the command reports what it waited for.
  assert.match(output, /✗ Services: timeout after \d+ min; /);
  assert.equal(account.cloudFormation.statuses()['sluice-prod-app'], 'CREATE_COMPLETE');

  assert.deepEqual(await findDatabase(), database);
  for (const each of [...stopped.asked, ...asked]) assert.doesNotMatch(each, /^rds:(?:Modify|Delete)/);
  const balancer = account.cloudFormation.findResource('sluice-prod-app', 'LoadBalancerC');
  const { Attributes = [] } = await loadBalancing.send(
    new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn: balancer }),
  );
  assert.equal(Attributes.find(({ Key }) => Key === 'deletion_protection.enabled')?.Value, 'true');
});
