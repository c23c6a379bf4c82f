import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource, StackTemplate } from '../policy/template.ts';
import { readEnvironments } from '../read-environments.ts';
import { templatesOf } from '../policy/templates-of-tests.ts';
import { free } from './free.ts';
import { kinds } from './kinds.ts';
import { monthOf, sum } from './month.ts';
import { priceIn, prices, type Price } from './prices.ts';
import { monthsOf, reportAll, reportOne } from './report.ts';

const environments = (await readEnvironments()).filter(({ name }) => name === 'dev');
const dev = await templatesOf(environments);

const templateOf = (Resources: Readonly<Record<string, Resource>>): StackTemplate => ({
  stack: 'x/app',
  Resources,
  Outputs: {},
});
const resourceOf = (Type: string, Properties: Resource['Properties'] = {}): Resource => ({ Type, Properties });

/** Returns the dollars of an idle month by item, with two digits. */
const idleOf = (resources: Readonly<Record<string, Resource>>, region: string) =>
  Object.fromEntries(
    monthOf([templateOf(resources)], region).map(({ what, idleUsd }) => [what, idleUsd?.toFixed(2) ?? 'unknown']),
  );

const serviceOf = (provider: string, ServiceName = 'producer'): Readonly<Record<string, Resource>> => ({
  Task: resourceOf('AWS::ECS::TaskDefinition', {
    Cpu: '512',
    Memory: '1024',
    ContainerDefinitions: [{ Environment: [{ Name: 'METRICS', Value: 'emf' }] }],
  }),
  Service: resourceOf('AWS::ECS::Service', {
    TaskDefinition: { Ref: 'Task' },
    ServiceName,
    CapacityProviderStrategy: [{ CapacityProvider: provider }],
  }),
  Scaling: resourceOf('AWS::ApplicationAutoScaling::ScalableTarget', {
    MinCapacity: 3,
    ResourceId: { 'Fn::GetAtt': ['Service', 'Name'] },
  }),
});

const nodesOf = (Durability: string) => ({
  Nodes: resourceOf('AWS::ElastiCache::ReplicationGroup', {
    NumNodeGroups: 1,
    ReplicasPerNodeGroup: 1,
    CacheNodeType: 'cache.m7g.large',
    Durability,
  }),
});

test('the cost of a small template matches a calculation by hand', () => {
  const resources = {
    Gateway: resourceOf('AWS::EC2::NatGateway'),
    Machine: resourceOf('AWS::EC2::Instance', {
      InstanceType: 't4g.micro',
      BlockDeviceMappings: [{ Ebs: { VolumeType: 'gp3', VolumeSize: 8 } }],
      NetworkInterfaces: [{ AssociatePublicIpAddress: true }],
    }),
    Key: resourceOf('AWS::KMS::Key'),
    Table: resourceOf('AWS::EC2::RouteTable'),
    Alarm: resourceOf('AWS::CloudWatch::Alarm', {
      Metrics: [{ Expression: 'a + b' }, { MetricStat: {} }, { MetricStat: {} }],
    }),
    Database: resourceOf('AWS::RDS::DBInstance', {
      DBInstanceClass: 'db.t4g.small',
      MultiAZ: true,
      AllocatedStorage: '20',
    }),
    ...serviceOf('FARGATE'),
  };
  assert.deepEqual(idleOf(resources, 'us-east-1'), {
    'NAT gateway': '32.85', // 730 × 0.045
    'NAT gateway, traffic': '0.02', // 0.5 × 0.045
    'NAT instance, t4g.micro': '6.13', // 730 × 0.0084
    'storage of the NAT instance, gp3': '0.64', // 8 × 0.08
    'public address': '3.65', // 730 × 0.005
    key: '1.00',
    alarm: '0.20', // two metrics
    'db.t4g.small × 2': '46.72', // 2 × 730 × 0.032
    'storage, gp3': '4.60', // 2 × 20 × 0.115
    'CPU of 3 × 0.5': '35.46', // 3 × 0.5 × 730 × 0.03238
    'memory of 3 × 1 GB': '7.80', // 3 × 730 × 0.00356
    metrics: '2.40', // 8 × 0.30
    'log lines': '0.20', // 3 × 0.13 × 0.50
  });
  const { usd, isComplete } = sum(monthOf([templateOf(resources)], 'us-east-1'));
  assert.deepEqual([usd.toFixed(2), isComplete], ['141.66', true]);
});

test('durability sync costs an hour more for each node, and async nothing', () => {
  assert.deepEqual(idleOf(nodesOf('sync'), 'us-east-1'), {
    'cache.m7g.large × 2': '184.54', // 2 × 730 × 0.1264
    'durability sync × 2': '33.29', // 2 × 730 × 0.0228
  });
  assert.deepEqual(Object.keys(idleOf(nodesOf('async'), 'us-east-1')), ['cache.m7g.large × 2']);
});

test('spare capacity has the price of a bill where there is one, and is unknown elsewhere', () => {
  const found = idleOf(serviceOf('FARGATE_SPOT'), 'eu-central-1');
  assert.equal(found['CPU of 3 × 0.5'], '12.48'); // 3 × 0.5 × 730 × 0.0114
  assert.equal(found['memory of 3 × 1 GB'], '2.74'); // 3 × 730 × 0.00125
  assert.equal(idleOf(serviceOf('FARGATE_SPOT'), 'us-east-1')['CPU of 3 × 0.5'], 'unknown');
});

test('counts cause traffic between zones, and new metrics of the consumer', () => {
  const subnetIn = (AvailabilityZone: string) => resourceOf('AWS::EC2::Subnet', { AvailabilityZone });
  const lines = monthOf(
    [
      templateOf({
        Vpc: resourceOf('AWS::EC2::VPC'),
        One: subnetIn('a'),
        Two: subnetIn('b'),
        Other: subnetIn('b'),
        ...serviceOf('FARGATE', 'consumer'),
      }),
    ],
    'us-east-1',
  );
  const addedBy = (name: string) => lines.find(({ what }) => what === name)?.perMillionUsd.single?.toFixed(3);
  assert.equal(addedBy('traffic between zones'), '0.010'); // half of 1 GB × 0.02
  assert.equal(addedBy('metrics'), '0.600'); // 2 × 0.30
});

test('a region without prices has unknown items with the page of AWS, never the prices of another', () => {
  const lines = monthOf(
    [...dev, templateOf({ ...nodesOf('sync'), Nat: resourceOf('AWS::EC2::NatGateway') })],
    'eu-west-1',
  );
  const isKnown = (name: string) => lines.find(({ what }) => what === name)?.idleUsd !== undefined;
  // They cost the same everywhere.
  for (const name of ['public address', 'secret', 'metrics']) assert.ok(isKnown(name), name);
  for (const name of [
    'NAT gateway',
    'NAT instance, t4g.micro',
    'load balancer',
    'storage, gp3',
    'minimum storage',
    'CPU of 1 × 0.25',
  ])
    assert.ok(!isKnown(name), name);
  const report = reportOne({ name: 'dev', region: 'eu-west-1', lines });
  assert.match(report, /^dev in eu-west-1\n/);
  assert.match(report, /^foundation\/Network\S* +NAT instance, t4g\.micro +730 h +unknown$/m);
  assert.match(report, /^total +≥ \d+\.\d\d +≥ /m);
  for (const [item, page] of [
    ['network, NAT gateway', 'vpc'],
    ['network, NAT gateway, traffic', 'vpc'],
    ['Valkey, durability sync × 2', 'elasticache'],
    ['tasks, CPU of 1 × 0.25', 'fargate'],
  ] as const)
    assert.ok(report.includes(`\n  ${item}, in eu-west-1: https://aws.amazon.com/${page}/pricing`), item);
});

test('resources without a price are an error that names all of them', () => {
  const templates = structuredClone(dev);
  const [first] = templates;
  assert.ok(first !== undefined);
  first.Resources['Planted'] = resourceOf('AWS::SQS::Queue');
  first.Resources['Large'] = resourceOf('AWS::RDS::DBInstance', { DBInstanceClass: 'db.x9.large' });
  assert.throws(
    () => monthOf(templates, 'eu-central-1'),
    (error: Error) => {
      const [one = '', other = '', ...others] = error.message.split('\n');
      assert.match(one, /^dev\/\w+ Planted \(AWS::SQS::Queue\): has no price; /);
      assert.match(other, /^dev\/\w+ Large \(AWS::RDS::DBInstance\): db\.x9\.large has no price; /);
      assert.deepEqual(others, []);
      return true;
    },
  );
});

test('a managed rule group costs as much as a rule, and one with its own fee is an error', () => {
  const firewallOf = (...names: string[]) => [
    templateOf({
      Firewall: {
        Type: 'AWS::WAFv2::WebACL',
        Properties: {
          Rules: [
            { Name: 'rate', Statement: { RateBasedStatement: { Limit: 100 } } },
            ...names.map((Name) => ({
              Name,
              Statement: {
                ManagedRuleGroupStatement: { VendorName: 'AWS', RuleActionOverrides: [{ Name: 'one' }], Name },
              },
            })),
          ],
        },
      },
    }),
  ];
  const names = ['AWSManagedRulesCommonRuleSet', 'AWSManagedRulesKnownBadInputsRuleSet'];
  assert.equal(sum(monthOf(firewallOf(...names), 'us-east-1')).usd, 8); // 5 for the ACL, and three rules
  assert.throws(
    () => monthOf(firewallOf('AWSManagedRulesBotControlRuleSet'), 'us-east-1'),
    /Firewall \(AWS::WAFv2::WebACL\): AWSManagedRulesBotControlRuleSet has no price/,
  );
});

test('no type is both free and priced', () => {
  assert.deepEqual(
    Object.keys(kinds).filter((type) => free[type] !== undefined),
    [],
  );
});

test('every price has a source and a page of AWS', () => {
  for (const [name, { source, page }] of Object.entries(prices)) {
    assert.ok(source.length > 10, name);
    assert.match(page, /^aws\.amazon\.com\/.*pricing/, name);
  }
});

/**
 * An upper estimate of what eu-central-1 costs more than us-east-1, for prices that no source has.
 * "Typically 10 to 30 % higher" (cloudburn.io).
 */
const upperEstimateOfSurcharge = 1.3;

test('an idle month of dev costs at most 70 dollars, with an upper estimate of the unknown minimum of Valkey', () => {
  const [month = assert.fail()] = monthsOf(environments, dev);
  const unknown = month.lines.filter(({ idleUsd }) => idleUsd === undefined);
  assert.deepEqual(
    unknown.map(({ group, what }) => [group, what]),
    [['Valkey', 'minimum storage']],
  );
  const { usd } = sum(month.lines);
  const estimate = unknown.reduce(
    (total, { idle, price }) =>
      total + idle * (priceIn(price, 'us-east-1') ?? assert.fail(price)) * upperEstimateOfSurcharge,
    0,
  );
  assert.ok(usd + estimate <= 70, `${usd} dollars, and an estimate of ${estimate} for Valkey`);
  assert.equal(month.lines.filter(({ price }) => price === 'secret').length, 5);
});

test('no known price of eu-central-1 exceeds that upper estimate', () => {
  for (const [name, { usd }] of Object.entries<Price>(prices)) {
    if (typeof usd === 'number') continue;
    const { 'us-east-1': usual, 'eu-central-1': own } = usd;
    if (usual === undefined || own === undefined) continue;
    assert.ok(own <= usual * upperEstimateOfSurcharge, `${name}: ${own / usual} times as much`);
  }
});

test('the total of a report is the sum of its lines', () => {
  const months = monthsOf(environments, dev);
  const [month = assert.fail()] = months;
  const total = `≥ ${sum(month.lines).usd.toFixed(2)}`;
  assert.match(reportOne(month), new RegExp(`^total +${total} +≥`, 'm'));
  assert.match(reportAll(months), new RegExp(`^total +${total}$`, 'm'));
});
