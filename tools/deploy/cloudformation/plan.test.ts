import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StackTemplate } from '@sluice/infra/policy/template.ts';
import { planOf, formatPlan } from './plan.ts';

const named = (path: string, Type: string, Properties: Record<string, unknown> = {}) => ({
  Type,
  Properties,
  Metadata: { 'aws:cdk:path': path },
});

const stack = (name: string, Resources: StackTemplate['Resources']): StackTemplate => ({
  stack: name,
  Resources,
  Outputs: {},
});

const bucket = (name: string) => ({
  Bucket: named('dev/app/Frontend/Bucket/Resource', 'AWS::S3::Bucket', { BucketName: name }),
});
const task = (cpu: string) => ({
  Task: named('dev/app/Producer/Task/Resource', 'AWS::ECS::TaskDefinition', { Cpu: cpu }),
});
const queue = {
  Users: named('dev/foundation/Queue/Users', 'AWS::ElastiCache::UserGroup', { UserGroupId: 'a', Engine: 'valkey' }),
};

test('deleted resources come before replaced ones, and both before created and updated ones', () => {
  const { changes } = planOf(
    [
      { before: stack('dev/foundation', queue), after: stack('dev/foundation', {}) },
      {
        before: stack('dev/app', bucket('one')),
        after: stack('dev/app', {
          ...bucket('two'),
          Topic: named('dev/app/Topic/Resource', 'AWS::SNS::Topic'),
        }),
      },
    ],
    'eu-central-1',
  );
  assert.deepEqual(
    changes.map(({ impact, stack: place, resource, isDestructive }) => [impact, place, resource, isDestructive]),
    [
      ['deleted', 'dev/foundation', 'Queue/Users', true],
      ['replaced', 'dev/app', 'Frontend/Bucket', true],
      ['created', 'dev/app', 'Topic', false],
    ],
  );
  assert.deepEqual(changes[1]?.causes, ['BucketName']);
});

test('replacing a task definition is not destructive: each release creates one', () => {
  const { changes } = planOf(
    [{ before: stack('dev/app', task('256')), after: stack('dev/app', task('512')) }],
    'eu-central-1',
  );
  assert.deepEqual(
    changes.map(({ impact, isDestructive }) => [impact, isDestructive]),
    [['replaced', false]],
  );
});

test('a destructive change that may happen comes before a certain one that loses nothing', () => {
  const group = (engine: string) => ({
    Group: named('dev/app/Group', 'AWS::ElastiCache::ParameterGroup', { CacheParameterGroupFamily: engine }),
  });
  const { changes } = planOf(
    [
      {
        before: stack('dev/app', { ...task('256'), ...group('valkey8') }),
        after: stack('dev/app', { ...task('512'), ...group('valkey9') }),
      },
    ],
    'eu-central-1',
  );
  assert.deepEqual(
    changes.map(({ resource, isDestructive }) => [resource, isDestructive]),
    [
      ['Group', true],
      ['Producer/Task', false],
    ],
  );
});

test('deleting a resource of an unknown type counts as destructive', () => {
  const before = stack('dev/app', { Odd: named('dev/app/Odd', 'AWS::Odd::Thing') });
  const { changes } = planOf([{ before, after: stack('dev/app', {}) }], 'eu-central-1');
  assert.deepEqual(
    changes.map(({ isDestructive }) => isDestructive),
    [true],
  );
});

test('a plan has the cost before and after, and reports a missing price', () => {
  const nat = { Nat: named('dev/foundation/Nat', 'AWS::EC2::NatGateway') };
  const after = stack('dev/foundation', nat);
  const [last] = formatPlan(planOf([{ before: undefined, after }], 'us-east-1')).toReversed();
  assert.match(last ?? '', /^Cost while idle: \$0\.00 a month now, \$\d+\.\d\d after the deployment$/);
  const odd = stack('dev/foundation', { Odd: named('dev/foundation/Odd', 'AWS::Odd::Thing') });
  const [unpriced] = formatPlan(planOf([{ before: odd, after }], 'us-east-1')).toReversed();
  assert.match(unpriced ?? '', /^Cost while idle: an unknown amount a month now, \$\d/);
});

test('destructive changes are listed by name, the others counted', () => {
  const lines = formatPlan(
    planOf(
      [{ before: stack('dev/app', { ...bucket('one'), ...task('1') }), after: stack('dev/app', task('2')) }],
      'us-east-1',
    ),
  );
  assert.deepEqual(lines.slice(0, 2), [
    'DELETED  dev/app Frontend/Bucket (AWS::S3::Bucket)',
    'dev/app: replaced 1 (Producer/Task)',
  ]);
});
