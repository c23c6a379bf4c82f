import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { test, type TestContext } from 'node:test';
import { countCodec } from '@sluice/contract/entry.ts';
import { connectFor, openAdmin, plainSettings, startRedis } from '@sluice/test-servers/queue.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { createEnqueuer } from './enqueue.ts';
import { registerPartitions } from '../admin/partition-registry.ts';
import { group, partitionsOf } from '../partition.ts';
import { createEntryReader } from '../consume/read-entries.ts';
import { ackEntries } from '../consume/ack-entries.ts';

const aKey = { key: 'a key', space: '', client: 'a client' };
const anotherKey = { ...aKey, key: 'another key' };

type Settings = { readonly maxBatches?: number; readonly ackReplicas?: number; readonly count?: number };

const setUp = async (t: TestContext, { maxBatches = 1_000_000, ackReplicas = 0, count = 1 }: Settings = {}) => {
  const server = await startRedis(t, ['--repl-diskless-sync-delay', '0']);
  const admin = await openAdmin(t, server.port);
  const partitions = partitionsOf('queue', count);
  const stream = partitions[0]?.stream ?? '';
  const connection = connectFor(t, plainSettings(server.port));
  await registerPartitions(connection, 'queue', partitions);
  const enqueuer = createEnqueuer({
    codec: countCodec,
    connection,
    partitions,
    areRegistered: () => true,
    deadlineMs: 1_000,
    attemptMs: 400,
    ackReplicas,
    maxBatches,
    maxKeys: 1_000_000,
    onError: () => undefined,
  });
  const lengths = () => Promise.all(partitions.map((partition) => admin.xLen(partition.stream)));
  return { ...server, admin, partitions, stream, connection, enqueuer, lengths };
};

const many = (length: number, count = 1): number[] => Array<number>(length).fill(count);

test('partitions take turns', async (t) => {
  const { enqueuer, lengths } = await setUp(t, { count: 3 });
  for (let count = 0; count < 6; count++) await enqueuer.enqueue([count]);
  assert.deepEqual(await lengths(), [2, 2, 2]);
});

test('a request of more than 1,000 counts is several batches of one partition', async (t) => {
  const { admin, enqueuer, lengths, stream } = await setUp(t, { count: 3 });
  assert.equal(await enqueuer.enqueue(many(10_000)), 'acknowledged');
  assert.deepEqual(await lengths(), [10, 0, 0]);
  const entries = (await admin.xRange(stream, '-', '+')) ?? [];
  assert.equal(new Set(entries.map((entry) => entry?.message['b'])).size, 10);
});

test('a request that Redis refuses in the middle adds nothing', async (t) => {
  const { admin, enqueuer, lengths } = await setUp(t);
  await enqueuer.enqueue([1]);
  // Filling Redis in the middle of the request would depend on luck. A transaction with one refused
  // command is the same to Redis.
  await admin.configSet('maxmemory', '1');
  assert.equal(await enqueuer.enqueue(many(2_500)), 'full');
  assert.equal(await enqueuer.enqueue(many(2_500), aKey), 'full');
  assert.equal(await enqueuer.enqueue([2]), 'full');
  assert.deepEqual(await lengths(), [1]);
  await admin.configSet('maxmemory', '0');
  assert.equal(await enqueuer.enqueue(many(2_500), aKey), 'acknowledged');
  assert.deepEqual(await lengths(), [4]);
});

test('a request is added completely or not at all, wherever in it Redis fills up', async (t) => {
  const { admin, enqueuer, lengths } = await setUp(t);
  const batches = 10;
  for (let roomBytes = 20_000; roomBytes <= 400_000; roomBytes += 20_000) {
    const [before = 0] = await lengths();
    const used = Number(/used_memory:(\d+)/.exec(await admin.info('memory'))?.[1]);
    await admin.configSet('maxmemory', String(used + roomBytes));
    const outcome = await enqueuer.enqueue(many(batches * 1_000, 1_700_000_000));
    const [after = 0] = await lengths();
    assert.equal(
      after - before,
      outcome === 'acknowledged' ? batches : 0,
      `${outcome} with ${roomBytes} bytes of room`,
    );
    await admin.configSet('maxmemory', '0');
  }
});

test('a Redis that is full before its first consumer refuses counts at once, drains, and accepts them again', async (t) => {
  const { port, admin, connection, partitions, enqueuer, lengths } = await setUp(t);
  const used = Number(/used_memory:(\d+)/.exec(await admin.info('memory'))?.[1]);
  await admin.configSet('maxmemory', String(used + 1_000_000));
  // Memory of a refused command is free again, so another one may fit.
  for (let refused = 0; refused < 5;) {
    const outcome = await enqueuer.enqueue(many(1_000, 1_700_000_000));
    refused = outcome === 'full' ? refused + 1 : 0;
  }
  // The batches of a request are one transaction, so each attempt is one MULTI.
  const attempts = async () => Number(/^cmdstat_multi:calls=(\d+)/m.exec(await admin.info('commandstats'))?.[1] ?? 0);
  const before = await attempts();
  assert.equal(await enqueuer.enqueue(many(10_000, 1_700_000_000)), 'full');
  assert.equal((await attempts()) - before, 1);

  const [partition] = partitions;
  assert.ok(partition);
  const reader = createEntryReader({
    connection: connectFor(t, plainSettings(port)),
    partition,
    consumer: 'a',
    maxEntries: 10,
  });
  for (let entries = await reader.readNew(20); entries.length > 0; entries = await reader.readNew(20)) {
    await ackEntries(
      connection,
      partition,
      entries.map(({ id }) => id),
    );
  }
  assert.deepEqual(await lengths(), [0]);
  assert.equal((await admin.xPending(partition.stream, group)).pending, 0);
  assert.equal(await enqueuer.enqueue([1]), 'acknowledged');
});

test('a partition accepts no more than its maximum of batches, and accepts more as soon as it drains', async (t) => {
  const { admin, enqueuer, stream, lengths } = await setUp(t, { maxBatches: 3 });
  for (let count = 0; count < 3; count++) assert.equal(await enqueuer.enqueue([count]), 'acknowledged');
  assert.equal(await enqueuer.enqueue([3]), 'full');
  assert.equal(await enqueuer.enqueue([3], aKey), 'full');
  assert.deepEqual(await lengths(), [3]);
  await admin.del(stream);
  assert.equal(await enqueuer.enqueue([4]), 'acknowledged');
  assert.equal(await enqueuer.enqueue([4], aKey), 'acknowledged');
});

test('pipelines in progress together never exceed the room in a partition, and use all of it', async (t) => {
  const { enqueuer, lengths } = await setUp(t, { maxBatches: 5 });
  const outcomes: Promise<unknown>[] = [];
  for (let count = 0; count < 500; count++) {
    outcomes.push(enqueuer.enqueue([count]));
    await setImmediate();
  }
  assert.ok((await Promise.all(outcomes)).includes('full'));
  const [taken = 0] = await lengths();
  assert.ok(taken <= 5, `${taken} batches`);
  for (let place = taken; place < 5; place++) assert.equal(await enqueuer.enqueue([place]), 'acknowledged');
  assert.equal(await enqueuer.enqueue([500]), 'full');
  assert.deepEqual(await lengths(), [5]);
});

test('the length is read within a pipeline, and not in every one while there is room', async (t) => {
  const { admin, enqueuer } = await setUp(t);
  for (let count = 0; count < 50; count++) await enqueuer.enqueue([count]);
  const calls = Number(/cmdstat_xlen:calls=(\d+)/.exec(await admin.info('commandstats'))?.[1]);
  assert.equal(calls, 1);
});

test('a full partition is skipped while others have room', async (t) => {
  const { enqueuer, lengths } = await setUp(t, { maxBatches: 2, count: 2 });
  await enqueuer.enqueue(many(2_000));
  assert.equal(await enqueuer.enqueue([1]), 'acknowledged');
  const outcomes = [await enqueuer.enqueue([2]), await enqueuer.enqueue([3]), await enqueuer.enqueue([4])];
  assert.deepEqual(outcomes, ['full', 'acknowledged', 'full']);
  assert.deepEqual(await lengths(), [2, 2]);
});

test('nothing is acknowledged while too few replicas hold it, not even a repeat with a key', async (t) => {
  const { port, admin, enqueuer, stream } = await setUp(t, { ackReplicas: 1 });
  assert.equal(await enqueuer.enqueue([1]), 'unavailable');
  assert.equal(await enqueuer.enqueue(many(1_500)), 'unavailable');
  assert.equal(await enqueuer.enqueue([2], aKey), 'unavailable');

  const replica = await startRedis(t, ['--replicaof', '127.0.0.1', String(port)]);
  await waitUntil(async () => (await admin.info('replication')).includes('state=online'));
  // A new replica may need longer than one request has.
  const untilAcknowledged = (counts: readonly number[], key?: typeof aKey) =>
    waitUntil(async () => (await enqueuer.enqueue(counts, key)) === 'acknowledged');
  await untilAcknowledged([3]);
  await untilAcknowledged([2], aKey);
  // A batch that is sent again keeps its id.
  const readIds = async () => new Set((await admin.xRange(stream, '-', '+'))?.map(({ message }) => message['b']));
  const before = (await readIds()).size;
  await admin.sendCommand(['CLIENT', 'PAUSE', '10000', 'WRITE']);
  const outcomes: Promise<unknown>[] = [];
  for (const count of [5, 6, 7]) {
    outcomes.push(enqueuer.enqueue([count]));
    await setImmediate();
    await setImmediate();
  }
  await admin.sendCommand(['CLIENT', 'UNPAUSE']);
  await Promise.all(outcomes);
  // One pipeline at a time: the first request, then the two that arrived meanwhile.
  assert.equal((await readIds()).size, before + 2);
  replica.signal('SIGSTOP');
  assert.equal(await enqueuer.enqueue([2], aKey), 'unavailable');
  assert.equal(await enqueuer.enqueue([4]), 'unavailable');
  replica.signal('SIGCONT');
  await untilAcknowledged([2], aKey);
});

test('a key with the same counts adds them once, and with other counts is refused', async (t) => {
  const { admin, enqueuer, stream, lengths } = await setUp(t);
  const counts = many(1_500, 7);
  assert.deepEqual(
    await Promise.all(Array.from({ length: 5 }, () => enqueuer.enqueue(counts, aKey))),
    many(5).map(() => 'acknowledged'),
  );
  assert.deepEqual(await lengths(), [2]);
  assert.equal(await enqueuer.enqueue([8], aKey), 'key_reused');
  assert.equal(await enqueuer.enqueue([8], anotherKey), 'acknowledged');
  const entries = (await admin.xRange(stream, '-', '+')) ?? [];
  assert.deepEqual(
    entries.map((entry) => entry?.message['k']),
    ['1', '1', '1'],
  );
  assert.equal(new Set(entries.map((entry) => entry?.message['b'])).size, 3);
  // A repeat writes too: WAIT waits only for what its own connection has written.
  const readWrites = async () => Number(/rdb_changes_since_last_save:(\d+)/.exec(await admin.info('persistence'))?.[1]);
  const writes = await readWrites();
  assert.equal(await enqueuer.enqueue(counts, aKey), 'acknowledged');
  assert.ok((await readWrites()) > writes);
  assert.deepEqual(await lengths(), [3]);
});

test('after Redis lost a key, its counts are added again under the same batch ids', async (t) => {
  const { admin, enqueuer, stream } = await setUp(t);
  const idsOfBatches = async () => ((await admin.xRange(stream, '-', '+')) ?? []).map((entry) => entry?.message['b']);
  await enqueuer.enqueue(many(1_500), aKey);
  const ids = await idsOfBatches();
  await admin.flushAll();
  await admin.scriptFlush();
  assert.equal(await enqueuer.enqueue(many(1_500), aKey), 'acknowledged');
  assert.deepEqual(await idsOfBatches(), ids);
});

test('after Redis lost a key, other counts under it get other batch ids', async (t) => {
  const { admin, enqueuer, stream } = await setUp(t);
  const idOfFirst = async () => (await admin.xRange(stream, '-', '+'))?.[0]?.message['b'];
  assert.equal(await enqueuer.enqueue([1], aKey), 'acknowledged');
  const id = await idOfFirst();
  await admin.flushAll();
  assert.equal(await enqueuer.enqueue([2], aKey), 'acknowledged');
  assert.notEqual(await idOfFirst(), id);
});
