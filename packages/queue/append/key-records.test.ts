import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { countCodec } from '@sluice/contract/entry.ts';
import { connectFor, openAdmin, plainSettings, startRedis } from '@sluice/test-servers/queue.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { createEnqueuer } from './enqueue.ts';
import type { IdempotencyKey } from './key-records.ts';
import { registerPartitions } from '../admin/partition-registry.ts';
import { partitionsOf } from '../partition.ts';

type Settings = { readonly maxKeys?: number; readonly options?: readonly string[] };

const keyOf = (key: unknown, { client = 'a client', space = '' } = {}): IdempotencyKey => ({
  key: String(key),
  space,
  client,
});

const setUp = async (t: TestContext, { maxKeys = 1_000_000, options = [] }: Settings = {}) => {
  const server = await startRedis(t, options);
  const admin = await openAdmin(t, server.port);
  const partitions = partitionsOf('queue', 1);
  const stream = partitions[0]?.stream ?? '';
  /** Creates an enqueuer as a producer has it. */
  const connect = () =>
    createEnqueuer({
      codec: countCodec,
      connection: connectFor(t, plainSettings(server.port)),
      partitions,
      areRegistered: () => true,
      deadlineMs: 60_000,
      attemptMs: 30_000,
      ackReplicas: 0,
      maxBatches: 1_000_000,
      maxKeys,
      onError: () => undefined,
    });
  await registerPartitions(connectFor(t, plainSettings(server.port)), 'queue', partitions);
  const readMemory = async () => Number(/used_memory:(\d+)/.exec(await admin.info('memory'))?.[1]);
  /** Returns what the data takes, without the buffers of connections, which the load changes. */
  const readData = async () => {
    const keys = await admin.keys('*');
    const sizes = await Promise.all(keys.map((key) => admin.memoryUsage(key, { SAMPLES: 0 })));
    return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  };
  /** Sends `count` requests with new keys and returns how often each outcome occurred. */
  const fill = async (count: number, client: string): Promise<Map<string, number>> => {
    const outcomes = new Map<string, number>();
    for (let first = 0; first < count; first += 500) {
      const keys = Array.from({ length: Math.min(500, count - first) }, (_, index) => `${client} ${first + index}`);
      for (const outcome of await Promise.all(keys.map((key) => enqueuer.enqueue([1], keyOf(key, { client })))))
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    return outcomes;
  };
  const enqueuer = connect();
  return { ...server, admin, stream, connect, enqueuer, fill, readMemory, readData };
};

test('a key takes less than 64 bytes of Redis, including its client', async (t) => {
  const { admin, stream, fill, readData } = await setUp(t);
  await fill(1, 'someone');
  await admin.xTrim(stream, 'MAXLEN', 0);
  const before = await readData();
  assert.deepEqual(await fill(8_000, 'a client'), new Map([['acknowledged', 8_000]]));
  await admin.xTrim(stream, 'MAXLEN', 0);
  const each = ((await readData()) - before) / 8_000;
  t.diagnostic(`${each.toFixed(1)} bytes a key`);
  assert.ok(each < 64, `${each} bytes`);
});

test('one client has at most half of all keys, others get the rest, and known keys always work', async (t) => {
  const { admin, stream, connect, enqueuer, fill } = await setUp(t, { maxKeys: 100 });
  const greedy = await fill(300, 'greedy');
  assert.deepEqual([...greedy.keys()], ['acknowledged', 'key_quota_exceeded']);
  const taken = greedy.get('acknowledged') ?? 0;
  assert.ok(taken >= 45 && taken <= 50, `${taken} keys`);

  // Another client still gets some, also at another producer.
  assert.equal(await connect().enqueue([1], keyOf('mine', { client: 'modest' })), 'acknowledged');
  // Many clients together get all keys, and not one more.
  const many = await Promise.all(
    Array.from({ length: 200 }, (_, client) => enqueuer.enqueue([1], keyOf(client, { client: `client ${client}` }))),
  );
  assert.deepEqual(new Set(many), new Set(['acknowledged', 'keys_full']));
  const lengthBefore = await admin.xLen(stream);
  assert.equal(await enqueuer.enqueue([1], keyOf('late', { client: 'late' })), 'keys_full');

  assert.equal(await enqueuer.enqueue([1], keyOf('greedy 0', { client: 'greedy' })), 'acknowledged');
  assert.equal(await enqueuer.enqueue([1], keyOf('mine', { client: 'modest' })), 'acknowledged');
  assert.equal(await enqueuer.enqueue([2], keyOf('mine', { client: 'modest' })), 'key_reused');
  assert.equal(await admin.xLen(stream), lengthBefore);
  assert.equal(await enqueuer.enqueue([1]), 'acknowledged');
});

test('two producers together never exceed the limit of keys', async (t) => {
  const { admin, stream, connect } = await setUp(t, { maxKeys: 300 });
  const [first, second] = [connect(), connect()];
  const producerOf = (index: number) => (index % 2 === 0 ? first : second);
  const outcomes = await Promise.all(
    Array.from({ length: 900 }, (_, index) =>
      producerOf(index).enqueue([index], keyOf(index, { client: `client ${index}` })),
    ),
  );
  // A client counts as much as a key, so half as many keys fit.
  assert.equal(outcomes.filter((outcome) => outcome === 'acknowledged').length, 150);
  assert.equal(outcomes.filter((outcome) => outcome === 'keys_full').length, 750);
  assert.equal(await admin.xLen(stream), 150);
});

test('keys take at most a quarter of maxmemory, and requests without a key still work', async (t) => {
  const { admin, stream, enqueuer, fill, readMemory, readData } = await setUp(t);
  const roomBytes = 2_000_000;
  const before = await readMemory();
  await admin.configSet('maxmemory', String(before + roomBytes));
  const greedy = await fill(4_000, 'greedy');
  assert.ok((greedy.get('key_quota_exceeded') ?? 0) > 0);
  for (let client = 0; client < 6; client++) await fill(1_000, `client ${client}`);
  assert.ok([...(await fill(100, 'late')).keys()].some((outcome) => outcome !== 'acknowledged'));
  await admin.xTrim(stream, 'MAXLEN', 0);
  const takenBytes = await readData();
  assert.ok(takenBytes < (before + roomBytes) / 4, `${takenBytes} bytes`);
  const outcomes = await Promise.all(Array.from({ length: 20 }, (_, count) => enqueuer.enqueue([count])));
  assert.deepEqual(new Set(outcomes), new Set(['acknowledged']));
});

test('a nearly full Redis accepts no new keys but requests without one, and known keys even when full', async (t) => {
  const { admin, enqueuer, readMemory } = await setUp(t);
  assert.equal(await enqueuer.enqueue([1], keyOf('known')), 'acknowledged');
  // Redis makes the bytes: the buffer of a command that carries them would count while it is kept.
  await admin.setRange('what waits', 20_000_000, 'x');
  await admin.configSet('maxmemory', String(Math.round((await readMemory()) / 0.95)));
  // The known memory may be up to a quarter of a second old.
  let keys = 0;
  await waitUntil(async () => (await enqueuer.enqueue([2], keyOf(`new ${keys++}`))) === 'keys_full');
  assert.equal(await enqueuer.enqueue([2]), 'acknowledged');
  assert.equal(await enqueuer.enqueue([1], keyOf('known')), 'acknowledged');
  assert.equal(await enqueuer.enqueue([2], keyOf('known')), 'key_reused');

  await admin.configSet('maxmemory', String((await readMemory()) - 1_000_000));
  assert.equal(await enqueuer.enqueue([2], keyOf('new')), 'full');
  assert.equal(await enqueuer.enqueue([2]), 'full');
  assert.equal(await enqueuer.enqueue([1], keyOf('known')), 'acknowledged');
  await admin.del('what waits');
  assert.equal(await enqueuer.enqueue([2], keyOf('new')), 'acknowledged');
});

test('a server without memory figures accepts as many keys as are configured', async (t) => {
  const { admin, fill } = await setUp(t, { maxKeys: 10 });
  await admin.aclSetUser('default', ['-info', '-config']);
  assert.equal((await fill(20, 'a client')).get('acknowledged'), 5);
});

test('a key is kept for at least 24 hours, in any window, and then expires', async (t) => {
  const { admin, stream, enqueuer } = await setUp(t);
  assert.equal(await enqueuer.enqueue([1], keyOf('mine')), 'acknowledged');
  const all = async () => (await admin.keys(`${stream}:*`)).toSorted();
  const [clients = '', records = ''] = await all();
  for (const name of [clients, records]) {
    const seconds = await admin.ttl(name);
    assert.ok(seconds > 24 * 3_600 && seconds <= 30 * 3_600, `${name} is kept for ${seconds} s`);
  }
  // The key is known in each of the other windows, too.
  const [, window = '', shard = ''] = /:keys:(\d):(\d+)$/.exec(records) ?? [];
  let now = records;
  for (let step = 1; step < 6; step++) {
    const other = `${stream}:keys:${(Number(window) + step) % 6}:${shard}`;
    await admin.rename(now, other);
    now = other;
    assert.equal(await enqueuer.enqueue([1], keyOf('mine')), 'acknowledged', other);
    assert.equal(await enqueuer.enqueue([2], keyOf('mine')), 'key_reused', other);
    assert.ok((await admin.ttl(other)) > 24 * 3_600);
  }
  assert.equal(await admin.xLen(stream), 1);
  for (const name of await all()) await admin.expireAt(name, 1);
  assert.equal(await enqueuer.enqueue([2], keyOf('mine')), 'acknowledged');
});

test('keys and their quotas survive a restart of Redis', async (t) => {
  const { admin, stream, kill, restart, enqueuer, fill } = await setUp(t, {
    maxKeys: 100,
    options: ['--appendonly', 'yes', '--appendfsync', 'always'],
  });
  await fill(300, 'greedy');
  const length = await admin.xLen(stream);
  await kill();
  await restart();
  assert.equal(await enqueuer.enqueue([1], keyOf('greedy 0', { client: 'greedy' })), 'acknowledged');
  assert.equal(await enqueuer.enqueue([2], keyOf('greedy 0', { client: 'greedy' })), 'key_reused');
  assert.equal(await enqueuer.enqueue([1], keyOf('more', { client: 'greedy' })), 'key_quota_exceeded');
  assert.equal(await enqueuer.enqueue([1], keyOf('mine')), 'acknowledged');
  assert.equal(await admin.xLen(stream), length + 1);
});

test('the same key in two name spaces is two keys, whose batches have different ids', async (t) => {
  const { admin, stream, enqueuer } = await setUp(t);
  const spaces = ['', 'a', 'b'];
  for (const space of spaces) assert.equal(await enqueuer.enqueue([1], keyOf('k', { space })), 'acknowledged');
  for (const space of spaces) assert.equal(await enqueuer.enqueue([1], keyOf('k', { space })), 'acknowledged');
  assert.equal(await enqueuer.enqueue([2], keyOf('k', { space: 'a' })), 'key_reused');
  const entries = (await admin.xRange(stream, '-', '+')) ?? [];
  assert.equal(entries.length, 3);
  assert.equal(new Set(entries.map((entry) => entry?.message['b'])).size, 3);
});
