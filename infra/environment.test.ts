import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import * as z from 'zod';
import { environmentSchema, findViolations } from './environment.ts';
import { environment as dev } from './environments/dev.ts';
import { environment as prod } from './environments/prod.ts';
import { environment as stage } from './environments/stage.ts';
import { environment as testing } from './environments/test.ts';
import { readEnvironments } from './read-environments.ts';

const here = join(import.meta.dirname, 'environments');

/** Copies the environments. */
const copyEnvironments = (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-environments-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  for (const file of readdirSync(here)) cpSync(join(here, file), join(folder, file));
  return folder;
};

test('the environments are without fault, in the order of their networks, and each is its file', async () => {
  const environments = await readEnvironments();
  assert.deepEqual(
    environments.map(({ name }) => name),
    ['test', 'dev', 'stage', 'prod'],
  );
});

test('they differ as was decided', () => {
  const decided = [testing, dev, stage, prod].map((environment) => [
    environment.network.zones.length,
    environment.network.natGateways,
    environment.network.hasInterfaceEndpoints,
    [environment.producer.least, environment.producer.most, environment.consumer.least, environment.consumer.most],
    [environment.database.instanceType, environment.database.isMultiAz, environment.database.hasInsights],
    environment.queue.kind,
    [environment.isProtected, environment.hasAlarms, environment.firewall !== undefined],
    environment.api,
  ]);
  const [writes, all] = ['writes', 'all'].map((tokensFor) => ({ access: 'tokens', tokensFor }));
  assert.deepEqual(decided, [
    [2, 1, false, [1, 1, 1, 1], ['t4g.micro', false, false], 'serverless', [false, false, false], writes],
    [2, 1, false, [1, 1, 1, 1], ['t4g.micro', false, false], 'serverless', [false, false, false], writes],
    [2, 1, false, [2, 2, 2, 2], ['t4g.small', false, false], 'serverless', [false, true, true], all],
    [3, 3, true, [3, 24, 3, 4], ['m7g.large', true, true], 'nodes', [true, true, true], all],
  ]);
});

test('a fifth environment is one new file', async (t) => {
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

test('all faults of all environments are told at once, each with its place', async (t) => {
  const folder = copyEnvironments(t);
  writeFileSync(
    join(folder, 'first.ts'),
    `import { environment as prod } from './prod.ts';
     export const environment = {
       ...prod,
       account: '12',
       colour: 'blue',
       network: { ...prod.network, cidr: '10.20.128.0/20', zones: ['eu-central-1a', 'us-east-1a', 'eu-central-1a'], natGateways: 4 },
       producer: { ...prod.producer, cpu: 256, memoryMiB: 8192 },
       consumer: { ...prod.consumer, least: 5 },
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
       network: { ...prod.network, cidr: '10.60.0.0/16', zones: ['eu-central-1a'], natGateways: 1 },
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
     };`,
  );
  await assert.rejects(readEnvironments(folder), (error: Error) => {
    const [head, ...findings] = error.message.split('\n').map((line) => line.trim());
    assert.equal(head, 'The environments are at fault:');
    assert.deepEqual(findings.toSorted(), [
      'first.: Unrecognized key: "colour"',
      'first.account: must be 12 digits',
      'first.api.corsOrigin: must be *, none, or origins like https://example.org separated by commas',
      'first.consumer.most: must not be less than least',
      'first.database.maxStorageGb: must be at least 10 % more than storageGb, or RDS refuses it',
      "first.firewall: must be given where api.access is 'open'",
      'first.network.cidr: 10.20.128.0/20 overlaps 10.20.0.0/16 of dev',
      'first.network.natGateways: must not be more than zones',
      'first.network.zones.1: us-east-1a is none of the zones of eu-central-1: eu-central-1a, eu-central-1b, eu-central-1c',
      'first.network.zones.2: eu-central-1a is there twice',
      'first.producer.memoryMiB: is not one that Fargate has for this cpu ("Task CPU and memory" in its guide)',
      'first.queue.nodeType: durability needs one of r6g, r7g, m6g, m7g, c7gn ("Limitations" of durability in the ElastiCache guide)',
      'fourth.api: Unrecognized key: "tokensFor"',
      'second-one.api.tokensSecretArn: must be a secret of the account and the region of the environment',
      'second-one.database.isMultiAz: needs a second zone in network.zones',
      'second-one.network.zones: must be two or more: the load balancer, MySQL and Valkey need a second zone',
      'second-one.producer.memoryMiB: must be at least 1,024: Envoy has 384 of them, and the API needs more than is left of 512',
      'second-one.queue.durability: needs a second zone in network.zones',
      'second-one.region: Invalid option: expected one of "eu-central-1"|"us-east-1"',
      'second-one: must be 2 to 10 small letters and digits: it begins names in AWS',
      "third.api: must be { access: 'tokens', tokensFor: 'writes' or 'all' }, or { access: 'open' } (docs/guides/aws.md#who-may-call-the-api)",
    ]);
    return true;
  });
});

test('of each CPU, the least and the most memory that Fargate gives are taken, and none beyond them', () => {
  const isTaken = (cpu: number, memoryMiB: number) =>
    findViolations({ ...testing, consumer: { cpu, memoryMiB, isSpot: false, least: 1, most: 1 } }).length === 0;
  const known = [
    [256, 512, 2_048],
    [512, 1_024, 4_096],
    [1_024, 2_048, 8_192],
    [2_048, 4_096, 16_384],
    [4_096, 8_192, 30_720],
  ] as const;
  for (const [cpu, least, most] of known) {
    assert.deepEqual([isTaken(cpu, least), isTaken(cpu, most)], [true, true], String(cpu));
    assert.deepEqual([isTaken(cpu, least - 256), isTaken(cpu, most + 1_024)], [false, false], String(cpu));
  }
  assert.ok(!isTaken(256, 1_536));
  assert.ok(!isTaken(300, 1_024));
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
