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

test('what is destroyed comes before what is replaced, and both before what is made or changed', () => {
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
      ['destroyed', 'dev/foundation', 'Queue/Users', true],
      ['replaced', 'dev/app', 'Frontend/Bucket', true],
      ['made', 'dev/app', 'Topic', false],
    ],
  );
  assert.deepEqual(changes[1]?.causes, ['BucketName']);
});

test('a task definition that is made anew loses nothing: each release makes one', () => {
  const { changes } = planOf(
    [{ before: stack('dev/app', task('256')), after: stack('dev/app', task('512')) }],
    'eu-central-1',
  );
  assert.deepEqual(
    changes.map(({ impact, isDestructive }) => [impact, isDestructive]),
    [['replaced', false]],
  );
});

test('what may lose something comes before what is surely replaced and loses nothing', () => {
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

test('a kind of resource that nobody has thought of is taken to lose something when it goes', () => {
  const before = stack('dev/app', { Odd: named('dev/app/Odd', 'AWS::Odd::Thing') });
  const { changes } = planOf([{ before, after: stack('dev/app', {}) }], 'eu-central-1');
  assert.deepEqual(
    changes.map(({ isDestructive }) => isDestructive),
    [true],
  );
});

test('a plan says the money before and after, and where a price is missing', () => {
  const nat = { Nat: named('dev/foundation/Nat', 'AWS::EC2::NatGateway') };
  const after = stack('dev/foundation', nat);
  const [last] = formatPlan(planOf([{ before: undefined, after }], 'us-east-1')).toReversed();
  assert.match(last ?? '', /^Idle it costs \$0\.00 a month now, and \$\d+\.\d\d afterwards\.$/);
  const odd = stack('dev/foundation', { Odd: named('dev/foundation/Odd', 'AWS::Odd::Thing') });
  const [unpriced] = formatPlan(planOf([{ before: odd, after }], 'us-east-1')).toReversed();
  assert.match(unpriced ?? '', /^Idle it costs what nobody priced a month now, and \$\d/);
});

test('what destroys is told by name, the rest by number', () => {
  const lines = formatPlan(
    planOf(
      [{ before: stack('dev/app', { ...bucket('one'), ...task('1') }), after: stack('dev/app', task('2')) }],
      'us-east-1',
    ),
  );
  assert.deepEqual(lines.slice(0, 2), [
    'DESTROYED  dev/app Frontend/Bucket (AWS::S3::Bucket)',
    'dev/app: replaced 1 (Producer/Task)',
  ]);
});
