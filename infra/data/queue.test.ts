import assert from 'node:assert/strict';
import { test } from 'node:test';
import { App, Stack, Stage } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Environment } from '../schema/environment.ts';
import { toTemplate } from '../read-assembly.ts';
import { readEnvironments } from '../read-environments.ts';
import { Queue } from './queue.ts';
import { accessStringOf } from './queue-users.ts';

const environments = await readEnvironments();
const find = (name: string): Environment => environments.find((each) => each.name === name) ?? assert.fail();

const createQueue = (environment: Environment) => {
  const app = new App({ context: { '@aws-cdk/core:enablePartitionLiterals': true } });
  // A stage is synthesized without validation, which this test does not need.
  const stage = new Stage(app, 'stage');
  const stack = new Stack(stage, 'stack', { env: { account: environment.account, region: environment.region } });
  const vpc = new Vpc(stack, 'vpc', { availabilityZones: [...environment.network.zones] });
  const securityGroup = new SecurityGroup(stack, 'group', { vpc });
  const queue = new Queue(stack, 'queue', { vpc, securityGroup, environment });
  const role = new Role(stack, 'role', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') });
  return { queue, role, stage };
};

const serverless = createQueue(find('stage'));
const nodes = createQueue(find('prod'));
for (const { queue, role } of [serverless, nodes]) queue.grantConnect(role, 'producer');
const [ofServerless, ofNodes] = [serverless, nodes]
  .flatMap(({ stage }) => stage.synth().stacks.map(toTemplate))
  .map((template) => Template.fromJSON(template));
assert.ok(ofServerless !== undefined && ofNodes !== undefined);

test('serverless: Valkey scales within the limits of the environment, and has its users', () => {
  ofServerless.hasResourceProperties('AWS::ElastiCache::ServerlessCache', {
    Engine: 'valkey',
    MajorEngineVersion: '9',
    ServerlessCacheName: 'sluice-stage',
    CacheUsageLimits: { DataStorage: { Unit: 'GB', Maximum: 5 }, ECPUPerSecond: { Maximum: 20_000 } },
    SubnetIds: [Match.anyValue(), Match.anyValue()],
    SecurityGroupIds: [Match.anyValue()],
    UserGroupId: Match.anyValue(),
  });
  ofServerless.resourceCountIs('AWS::ElastiCache::ReplicationGroup', 0);
  assert.equal(serverless.queue.partitions, 1);
});

test('nodes: Valkey 9 acknowledges a write once two zones have it on disk, evicts nothing, and fails over', () => {
  ofNodes.hasResourceProperties('AWS::ElastiCache::ReplicationGroup', {
    Engine: 'valkey',
    EngineVersion: '9.0',
    ReplicationGroupId: 'sluice-prod',
    ClusterMode: 'enabled',
    Durability: 'sync',
    CacheNodeType: 'cache.m7g.large',
    NumNodeGroups: 1,
    ReplicasPerNodeGroup: 1,
    MultiAZEnabled: true,
    AutomaticFailoverEnabled: true,
    TransitEncryptionEnabled: true,
    AtRestEncryptionEnabled: true,
    AuthToken: Match.absent(),
    UserGroupIds: [Match.anyValue()],
    PreferredMaintenanceWindow: Match.anyValue(),
  });
  ofNodes.hasResourceProperties('AWS::ElastiCache::ParameterGroup', {
    CacheParameterGroupFamily: 'valkey9',
    Properties: { 'maxmemory-policy': 'noeviction', 'cluster-enabled': 'yes' },
  });
  ofNodes.resourceCountIs('AWS::ElastiCache::ServerlessCache', 0);
});

test('nodes: another number of shards does not replace the cluster, and a deletion keeps a final snapshot', () => {
  ofNodes.hasResource('AWS::ElastiCache::ReplicationGroup', {
    UpdatePolicy: { UseOnlineResharding: true },
    DeletionPolicy: 'Snapshot',
  });
});

test('nodes: adds shards when they are busy or full, up to the number of partitions', () => {
  ofNodes.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', {
    ScalableDimension: 'elasticache:replication-group:NodeGroups',
    ServiceNamespace: 'elasticache',
    MinCapacity: 1,
    MaxCapacity: 4,
  });
  for (const metric of [
    'ElastiCachePrimaryEngineCPUUtilization',
    'ElastiCacheDatabaseCapacityUsageCountedForEvictPercentage',
  ]) {
    ofNodes.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      TargetTrackingScalingPolicyConfiguration: { PredefinedMetricSpecification: { PredefinedMetricType: metric } },
    });
  }
  assert.equal(nodes.queue.partitions, 4);
});

test('nodes: as many shards as there may be are not scaled', () => {
  const { queue } = find('prod');
  assert.ok(queue.kind === 'nodes');
  const fixed = createQueue({ ...find('prod'), queue: { ...queue, nodeType: 'cache.m7g.4xlarge', minShards: 4 } });
  const [template] = fixed.stage.synth().stacks.map(toTemplate);
  Template.fromJSON(template ?? {}).resourceCountIs('AWS::ApplicationAutoScaling::ScalableTarget', 0);
});

for (const [kind, template, name] of [
  ['serverless', ofServerless, 'sluice-stage'],
  ['nodes', ofNodes, 'sluice-prod'],
] as const) {
  test(`${kind}: each user logs in with IAM, has its name as its id, and no user default exists`, () => {
    const users = Object.values(template.findResources('AWS::ElastiCache::User')).map(({ Properties }) => Properties);
    assert.deepEqual(
      users.map(({ UserId, UserName, Engine, AuthenticationMode }) => [UserId, UserName, Engine, AuthenticationMode]),
      ['producer', 'consumer', 'operator'].map((user) => [
        `${name}-${user}`,
        `${name}-${user}`,
        'valkey',
        { Type: 'iam' },
      ]),
    );
    template.hasResourceProperties('AWS::ElastiCache::UserGroup', { Engine: 'valkey', UserIds: Match.anyValue() });
    for (const { AccessString } of users) {
      assert.match(
        AccessString,
        /^on -@all( \((\+[a-z]+(\|[a-z]+)?|%R?W?~[{}:*a-z_-]+)( (\+[a-z]+(\|[a-z]+)?|%R?W?~[{}:*a-z_-]+))*\))+$/,
      );
    }
  });
}

test('a role may log in only to its cache, as its user', () => {
  for (const [template, cache, region, account] of [
    [ofServerless, 'serverlesscache:sluice-stage', 'eu-central-1', '333333333333'],
    [ofNodes, 'replicationgroup:sluice-prod', 'eu-central-1', '444444444444'],
  ] as const) {
    const user = `user:${cache.split(':')[1]}-producer`;
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: [
          {
            Action: 'elasticache:Connect',
            Effect: 'Allow',
            Resource: [cache, user].map((resource) => `arn:aws:elasticache:${region}:${account}:${resource}`),
          },
        ],
      },
    });
  }
});

test('the variables of a process hold no secret', () => {
  const { REDIS_HOST, ...others } = nodes.queue.environmentOf('consumer');
  assert.ok(REDIS_HOST !== undefined);
  assert.deepEqual(others, {
    REDIS_PORT: '6379',
    REDIS_CLUSTER: 'true',
    REDIS_TLS: 'true',
    REDIS_QUEUE: 'count_queue',
    REDIS_USERNAME: 'sluice-prod-consumer',
    REDIS_IAM_CACHE: 'sluice-prod',
  });
});

test('formats rights in the syntax of Valkey', () => {
  assert.match(
    accessStringOf('operator', 'q'),
    /^on -@all \(.+\) \(\+del \+set %W~q:paused\) \(\+sadd \+srem %W~q:paused-tables\) \(\+set %W~q:database\) \(\+xadd %W~\{q:\*\} %W~\{q:\*\}:dead\) /,
  );
});
