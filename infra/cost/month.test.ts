import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StackTemplate } from '../policy/template.ts';
import { readEnvironments } from '../read-environments.ts';
import { templatesOf } from '../policy/templates-of-tests.ts';
import { free } from './free.ts';
import { kinds } from './kinds.ts';
import { monthOf, sum } from './month.ts';
import { prices, priceIn } from './prices.ts';
import { reportAll, reportOne } from './report.ts';

const environments = await readEnvironments();
const dev = await templatesOf(environments.filter(({ name }) => name === 'dev'));

const templateOf = (Resources: StackTemplate['Resources']): StackTemplate => ({
  stack: 'x/app',
  Resources,
  Outputs: {},
});

test('the cost of a small template matches a calculation by hand', () => {
  const { lines } = monthOf([
    templateOf({
      Gateway: { Type: 'AWS::EC2::NatGateway', Properties: {} },
      Key: { Type: 'AWS::KMS::Key', Properties: {} },
      Vpc: { Type: 'AWS::EC2::VPC', Properties: {} },
      Alarm: {
        Type: 'AWS::CloudWatch::Alarm',
        Properties: { Metrics: [{ Expression: 'a + b' }, { MetricStat: {} }, { MetricStat: {} }] },
      },
      Database: {
        Type: 'AWS::RDS::DBInstance',
        Properties: { DBInstanceClass: 'db.t4g.small', MultiAZ: true, AllocatedStorage: '20' },
      },
      Task: {
        Type: 'AWS::ECS::TaskDefinition',
        Properties: {
          Cpu: '512',
          Memory: '1024',
          ContainerDefinitions: [{ Environment: [{ Name: 'METRICS', Value: 'emf' }] }],
        },
      },
      Service: { Type: 'AWS::ECS::Service', Properties: { TaskDefinition: { Ref: 'Task' }, ServiceName: 'producer' } },
      Scaling: {
        Type: 'AWS::ApplicationAutoScaling::ScalableTarget',
        Properties: { MinCapacity: 3, ResourceId: { 'Fn::GetAtt': ['Service', 'Name'] } },
      },
    }),
  ]);
  const found = Object.fromEntries(lines.map(({ what, usEast1 }) => [what, usEast1.toFixed(2)]));
  assert.deepEqual(found, {
    'NAT gateway': '32.85', // 730 × 0.045
    key: '1.00',
    alarm: '0.20', // two metrics
    'db.t4g.small × 2': '46.72', // 2 × 730 × 0.032
    'storage, gp3': '4.60', // 2 × 20 × 0.115
    'backups beyond the size of the storage': '0.00',
    'CPU of 3 × 0.5': '35.46', // 3 × 0.5 × 730 × 0.03238
    'memory of 3 × 1 GB': '7.80', // 3 × 730 × 0.00356
    'metrics; 4 more with counts': '3.30', // 11 × 0.30
    'log lines': '0.20', // 3 × 0.13 × 0.50
  });
  assert.equal(sum(lines, 'usEast1').toFixed(2), '132.12');
});

test('resources without a price are an error that names all of them', () => {
  const templates = structuredClone(dev);
  const [first] = templates;
  assert.ok(first !== undefined);
  first.Resources['Planted'] = { Type: 'AWS::SQS::Queue', Properties: {} };
  first.Resources['Large'] = { Type: 'AWS::RDS::DBInstance', Properties: { DBInstanceClass: 'db.x9.large' } };
  assert.throws(
    () => monthOf(templates),
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
  const { lines } = monthOf(firewallOf('AWSManagedRulesCommonRuleSet', 'AWSManagedRulesKnownBadInputsRuleSet'));
  assert.equal(sum(lines, 'usEast1'), 8); // 5 for the ACL, and three rules
  assert.throws(
    () => monthOf(firewallOf('AWSManagedRulesCommonRuleSet', 'AWSManagedRulesBotControlRuleSet')),
    /Firewall \(AWS::WAFv2::WebACL\): AWSManagedRulesBotControlRuleSet has no price/,
  );
});

test('no type is both free and priced', () => {
  assert.deepEqual(
    Object.keys(kinds).filter((type) => free[type] !== undefined),
    [],
  );
});

test('every price has a source, and is marked as estimated for eu-central-1 without one', () => {
  for (const [name, { source }] of Object.entries(prices)) assert.ok(source.length > 10, name);
  assert.deepEqual(priceIn('natHour', 'eu-central-1'), { usd: 0.052, isEstimated: false });
  assert.deepEqual(priceIn('logGb', 'eu-central-1'), { usd: 0.6, isEstimated: true });
  assert.equal(priceIn('databaseM7gLargeHour', 'us-east-1').isEstimated, true);
});

test('an idle month of dev costs at most 95 dollars, with secrets and metrics', () => {
  const month = monthOf(dev);
  const total = sum(month.lines, 'usEast1');
  assert.ok(total <= 95, `${total} dollars`);
  const secrets = month.lines.filter(({ price }) => price === 'secret').length;
  assert.equal(secrets, 5);
  assert.ok(month.lines.some(({ price }) => price === 'metric'));
  assert.match(reportOne('dev', month), /^ {2}1\. NAT gateways and their addresses: 36\.50\. \S/m);
});

test('the total of a report is the sum of its lines', () => {
  const month = monthOf(dev);
  const total = sum(month.lines, 'usEast1').toFixed(2);
  assert.match(reportOne('dev', month), new RegExp(`^total +~${total} +~`, 'm'));
  assert.match(reportAll([{ name: 'dev', month }]), new RegExp(`^total +~${total} +~`, 'm'));
});
