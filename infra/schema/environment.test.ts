import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import * as z from 'zod';
import { environmentSchema, findViolations } from './environment.ts';
import { environment as dev } from '../environments/dev.ts';
import { environment as prod } from '../environments/prod.ts';
import { environment as stage } from '../environments/stage.ts';
import { environment as testing } from '../environments/test.ts';
import { readEnvironments } from '../read-environments.ts';

const here = join(import.meta.dirname, '../environments');

/** Copies the four environments. */
const copyEnvironments = (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-environments-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  // Only these, so that a further environment changes no test.
  for (const name of ['test', 'dev', 'stage', 'prod']) cpSync(join(here, `${name}.ts`), join(folder, `${name}.ts`));
  return folder;
};

test('the environments are valid, have the names of their files, and are in the order of their networks', async () => {
  const environments = await readEnvironments();
  assert.deepEqual(
    environments.map(({ name }) => name),
    ['test', 'dev', 'stage', 'prod'],
  );
});

test('the environments have the decided sizes', () => {
  const decided = [testing, dev, stage, prod].map((environment) => [
    environment.network.zones.length,
    `${environment.network.nat} ${environment.network.natGateways}`,
    environment.network.hasInterfaceEndpoints,
    [environment.producer.min, environment.producer.max, environment.consumer.min, environment.consumer.max],
    [environment.database.instanceType, environment.database.isMultiAz, environment.database.hasInsights],
    environment.queue.kind,
    [environment.isProtected, environment.hasAlarms, environment.firewall !== undefined],
    environment.api,
  ]);
  const [writes, all] = ['writes', 'all'].map((tokensFor) => ({ access: 'tokens', tokensFor }));
  assert.deepEqual(decided, [
    [2, 'instance 1', false, [1, 1, 1, 1], ['t4g.micro', false, false], 'serverless', [false, false, false], writes],
    [2, 'instance 1', false, [1, 1, 1, 1], ['t4g.micro', false, false], 'serverless', [false, false, false], writes],
    [2, 'gateway 1', false, [2, 2, 2, 2], ['t4g.small', false, false], 'serverless', [false, true, true], all],
    [3, 'none 0', true, [3, 24, 3, 4], ['m7g.large', true, true], 'nodes', [true, true, true], all],
  ]);
});

test('a new environment needs only one new file', async (t) => {
  const folder = copyEnvironments(t);
  writeFileSync(
    join(folder, 'load.ts'),
    `import { environment as testing } from './test.ts';
     export const environment = { ...testing, network: { ...testing.network, cidr: '10.50.0.0/16' } };`,
  );
  const environments = await readEnvironments(folder);
  assert.deepEqual(
    environments.map(({ name }) => name),
    ['test', 'dev', 'stage', 'prod', 'load'],
  );
});

test('reports all errors of all environments at once, each with its path', async (t) => {
  const folder = copyEnvironments(t);
  writeFileSync(
    join(folder, 'first.ts'),
    `import { environment as prod } from './prod.ts';
     export const environment = {
       ...prod,
       account: '12',
       colour: 'blue',
       network: { ...prod.network, cidr: '10.20.128.0/20', zones: ['eu-central-1a', 'us-east-1a', 'eu-central-1a'], nat: 'gateway', natGateways: 4 },
       producer: { ...prod.producer, cpu: 256, memoryMiB: 8192 },
       consumer: { ...prod.consumer, min: 5 },
       database: { ...prod.database, maxStorageGb: 101 },
       queue: { ...prod.queue, nodeType: 'cache.t4g.small' },
       api: { access: 'open', corsOrigin: 'example.org' },
       firewall: undefined,
     };`,
  );
  writeFileSync(
    join(folder, 'second-one.ts'),
    `import { environment as prod } from './prod.ts';
     export const environment = {
       ...prod,
       region: 'eu-north-1',
       network: { ...prod.network, cidr: '10.60.0.0/16', zones: ['eu-central-1a'], nat: 'gateway', natGateways: 1 },
       producer: { ...prod.producer, cpu: 256, memoryMiB: 512 },
       api: {
         access: 'tokens',
         tokensFor: 'all',
         tokensSecretArn: 'arn:aws:secretsmanager:eu-central-1:444444444444:secret:tokens-AbCdEf',
       },
     };`,
  );
  // An environment from before the value existed.
  writeFileSync(
    join(folder, 'third.ts'),
    `import { environment as prod } from './prod.ts';
     const { api, ...values } = prod;
     export const environment = { ...values, network: { ...prod.network, cidr: '10.70.0.0/16' } };`,
  );
  writeFileSync(
    join(folder, 'fourth.ts'),
    `import { environment as prod } from './prod.ts';
     export const environment = {
       ...prod,
       network: { ...prod.network, cidr: '10.80.0.0/16' },
       api: { access: 'open', tokensFor: 'all' },
       imagesFrom: 'fourth',
       pipeline: { repository: 'octocat@123456/my-repo@456789', ownerId: 123456, makesProvider: true },
     };`,
  );
  await assert.rejects(readEnvironments(folder), (error: Error) => {
    const [head, ...findings] = error.message.split('\n').map((line) => line.trim());
    assert.equal(head, 'The environments are invalid:');
    assert.deepEqual(findings.toSorted(), [
      'first.: Unrecognized key: "colour"',
      'first.account: must be 12 digits',
      'first.api.corsOrigin: must be *, none, or origins like https://example.org separated by commas',
      'first.consumer.max: must not be less than min',
      'first.database.maxStorageGb: must be at least 10 % more than storageGb, as RDS requires',
      "first.firewall: is required if api.access is 'open'",
      'first.network.cidr: 10.20.128.0/20 overlaps 10.20.0.0/16 of dev',
      'first.network.natGateways: must not be more than zones',
      'first.network.zones.1: us-east-1a is not a zone of eu-central-1: eu-central-1a, eu-central-1b, eu-central-1c',
      'first.network.zones.2: eu-central-1a is listed twice',
      'first.producer.memoryMiB: is not supported by Fargate for this cpu ("Task CPU and memory" in its guide)',
      'first.queue.maxShards: more shards than minShards need a large, xlarge, 2xlarge of r8g, r8gd, r7g, r7gd, r6g, r6gd, r5, m8g, m7g, m6g, m5, c8gn, c7gn ("Auto Scaling" in the ElastiCache guide)',
      'first.queue.nodeType: durability needs one of r6g, r7g, m6g, m7g, c7gn ("Limitations" of durability in the ElastiCache guide)',
      'fourth.api: Unrecognized key: "tokensFor"',
      'fourth.imagesFrom: fourth is not another environment: dev, first, prod, second-one, stage, test, third',
      'fourth.pipeline.repository: must be like owner/name, with the ids in ownerId and repositoryId',
      'fourth.pipeline: needs both ownerId and repositoryId, or neither (docs/guides/aws.md#a-pipeline)',
      'second-one.api.tokensSecretArn: must be a secret in the account and region of the environment',
      'second-one.database.isMultiAz: needs a second zone in network.zones',
      'second-one.network.zones: must be at least two: the load balancer, MySQL and Valkey need a second zone',
      'second-one.producer.memoryMiB: must be at least 1,024: Envoy uses 384, and the rest of 512 is too little for the API',
      'second-one.queue.durability: needs a second zone in network.zones',
      'second-one.region: Invalid option: expected one of "eu-central-1"|"us-east-1"',
      'second-one: must be 2 to 10 lowercase letters and digits: names in AWS start with it',
      "third.api: must be { access: 'tokens', tokensFor: 'writes' or 'all' }, or { access: 'open' } (docs/guides/aws.md#who-may-call-the-api)",
    ]);
    return true;
  });
});

test('accepts the minimum and the maximum memory of each CPU size on Fargate, and nothing outside them', () => {
  const isTaken = (cpu: number, memoryMiB: number) =>
    findViolations({ ...testing, consumer: { cpu, memoryMiB, isSpot: false, min: 1, max: 1 } }).length === 0;
  const known = [
    [256, 512, 2_048],
    [512, 1_024, 4_096],
    [1_024, 2_048, 8_192],
    [2_048, 4_096, 16_384],
    [4_096, 8_192, 30_720],
  ] as const;
  for (const [cpu, min, max] of known) {
    assert.deepEqual([isTaken(cpu, min), isTaken(cpu, max)], [true, true], String(cpu));
    assert.deepEqual([isTaken(cpu, min - 256), isTaken(cpu, max + 1_024)], [false, false], String(cpu));
  }
  assert.ok(!isTaken(256, 1_536));
  assert.ok(!isTaken(300, 1_024));
});

test('the number of NAT gateways fits their kind, and without NAT there are endpoints', () => {
  const { network } = prod;
  const findings = [
    { ...network, nat: 'gateway', natGateways: 3 },
    { ...network, nat: 'gateway', natGateways: 0 },
    { ...network, nat: 'instance', natGateways: 2 },
    { ...network, nat: 'none', natGateways: 1 },
    { ...network, hasInterfaceEndpoints: false },
  ].map((changed) => findViolations({ ...prod, network: changed }));
  assert.deepEqual(findings, [
    [],
    ["network.natGateways: must be at least 1 if nat is 'gateway'"],
    ["network.natGateways: must be 1 if nat is 'instance'; for more use 'gateway'"],
    ["network.natGateways: must be 0 if nat is 'none'"],
    ["network.nat: must not be 'none' without hasInterfaceEndpoints: tasks could reach no AWS service"],
  ]);
});

test('only nodes that ElastiCache can scale may have more shards than the minimum', () => {
  const { queue } = prod;
  assert.ok(queue.kind === 'nodes');
  const check = (nodeType: string, minShards: number, maxShards: number) =>
    findViolations({ ...prod, queue: { ...queue, durability: 'disabled', nodeType, minShards, maxShards } });
  for (const nodeType of ['cache.m7g.large', 'cache.r8g.2xlarge', 'cache.c7gn.xlarge'])
    assert.deepEqual(check(nodeType, 1, 4), [], nodeType);
  for (const nodeType of ['cache.t4g.medium', 'cache.m7g.4xlarge', 'cache.r4.large']) {
    assert.match(
      check(nodeType, 1, 4).join('\n'),
      /^queue\.maxShards: more shards than minShards need a large, /,
      nodeType,
    );
    assert.deepEqual(check(nodeType, 2, 2), [], nodeType);
  }
  // Durability needs one of its own families.
  assert.deepEqual(findViolations({ ...prod, queue: { ...queue, nodeType: 'cache.m7g.4xlarge', maxShards: 1 } }), []);
});

test('every value has a description', () => {
  const missing: string[] = [];
  const look = (schema: unknown, path: string): void => {
    if (!(schema instanceof z.ZodType)) return;
    const inner = schema instanceof z.ZodOptional ? schema.unwrap() : schema;
    if (inner instanceof z.ZodObject)
      for (const [name, part] of Object.entries(inner.shape)) look(part, `${path}.${name}`);
    else if (inner instanceof z.ZodDiscriminatedUnion) for (const part of inner.options) look(part, path);
    else if (schema.description === undefined) missing.push(path);
  };
  look(environmentSchema, '');
  // The second `kind`. The first explains both.
  assert.deepEqual(missing, ['.queue.kind']);
});
