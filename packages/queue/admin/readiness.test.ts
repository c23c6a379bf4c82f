import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { connectFor, openAdmin, plainSettings, startRedis } from '@sluice/test-servers/queue.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { registerPartitions } from './partition-registry.ts';
import { partitionsOf } from '../partition.ts';
import { readReadiness } from './readiness.ts';

const setUp = async (
  t: TestContext,
  settings: { readonly ackReplicas?: number; readonly maxBatches?: number } = {},
) => {
  const server = await startRedis(t, ['--repl-diskless-sync-delay', '0']);
  const admin = await openAdmin(t, server.port);
  const partitions = partitionsOf('queue', 2);
  const connection = connectFor(t, plainSettings(server.port));
  await registerPartitions(connection, 'queue', partitions);
  const streams = partitions.map(({ stream }) => stream);
  const read = () =>
    readReadiness({ connection, partitions, ackReplicas: 0, maxBatches: 1_000_000, deadlineMs: 1_000, ...settings });
  return { ...server, admin, streams, read };
};

test('a queue is full while Redis is out of memory, and the check writes nothing', async (t) => {
  const { admin, streams, read } = await setUp(t);
  const keys = await admin.dbSize();
  assert.equal(await read(), 'up');
  await admin.configSet('maxmemory', '1');
  assert.equal(await read(), 'full');
  await admin.configSet('maxmemory', '0');
  assert.equal(await read(), 'up');
  assert.equal(await admin.dbSize(), keys);
  assert.deepEqual(await Promise.all(streams.map((stream) => admin.xLen(stream))), [0, 0]);
});

test('a queue is full if every partition has its maximum of batches, and not while one has room', async (t) => {
  const { admin, streams, read } = await setUp(t, { maxBatches: 2 });
  const [first = '', second = ''] = streams;
  for (const stream of [first, first, second]) await admin.xAdd(stream, '*', { a: 'b' });
  assert.equal(await read(), 'up');
  await admin.xAdd(second, '*', { a: 'b' });
  assert.equal(await read(), 'full');
  await admin.xTrim(first, 'MAXLEN', 1);
  assert.equal(await read(), 'up');
});

test('a queue is down while its server refuses writes, hangs, or has too few replicas', async (t) => {
  const { admin, port, read, signal } = await setUp(t, { ackReplicas: 1 });
  assert.equal(await read(), 'down');
  await startRedis(t, ['--replicaof', '127.0.0.1', String(port)]);
  await waitUntil(async () => (await read()) === 'up');
  await admin.configSet('min-replicas-to-write', '2');
  assert.equal(await read(), 'down');
  await admin.configSet('min-replicas-to-write', '0');
  signal('SIGSTOP');
  assert.equal(await read(), 'down');
  signal('SIGCONT');
  await waitUntil(async () => (await read()) === 'up');
});
