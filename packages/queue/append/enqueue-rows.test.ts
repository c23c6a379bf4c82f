import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { rowCodecOf } from '@sluice/contract/row-entry.ts';
import { connectFor, openAdmin, plainSettings, startRedis } from '@sluice/test-servers/queue.ts';
import { ackEntries, deadLetterEntry, replaceEntry } from '../consume/ack-entries.ts';
import { createEntryReader } from '../consume/read-entries.ts';
import { createSharedWait } from '../consume/shared-wait.ts';
import { registerPartitions } from '../admin/partition-registry.ts';
import { partitionsOf, tablePartitionOf } from '../partition.ts';
import { createEnqueuer } from './enqueue.ts';

const mib = 1_048_576;
const codec = rowCodecOf([{ name: 'a' }]);
const rowOf = (bytes: number) => JSON.stringify(['x'.repeat(bytes - 4)]);

const setUp = async (t: TestContext, maxBytes = 1_000 * mib) => {
  const { port } = await startRedis(t);
  const admin = await openAdmin(t, port);
  const connect = () => connectFor(t, plainSettings(port));
  const connection = connect();
  const partitions = partitionsOf('queue', 1);
  await registerPartitions(connection, 'queue', partitions, ['one', 'two']);
  const [first] = partitions;
  assert.ok(first !== undefined);
  const partitionOf = (table: string) => tablePartitionOf(first, table);
  const enqueuerOf = (table: string) =>
    createEnqueuer({
      codec,
      connection,
      partitions: [partitionOf(table)],
      areRegistered: () => true,
      deadlineMs: 20_000,
      attemptMs: 10_000,
      ackReplicas: 0,
      maxBatches: 1_000_000,
      maxBytes,
      maxKeys: 1_000_000,
      onError: () => undefined,
    });
  const readEntries = async (table: string) =>
    ((await admin.xRange(partitionOf(table).stream, '-', '+')) ?? []).map(({ message }) => message);
  return { admin, connect, connection, partitionOf, enqueuerOf, readEntries };
};

test('each table has a stream of its own in the slot of its partition', async (t) => {
  const { admin, enqueuerOf, readEntries, partitionOf } = await setUp(t);
  assert.equal(await enqueuerOf('one').enqueue(['[1]']), 'acknowledged');
  assert.deepEqual(partitionOf('one'), {
    stream: '{queue:0}:{one}',
    deadLetters: '{queue:0}:{one}:dead',
    keyRecords: '{queue:0}',
  });
  assert.equal((await readEntries('one')).length, 1);
  assert.equal((await readEntries('two')).length, 0);
  assert.equal(await admin.xLen('{queue:0}'), 0);
});

test('small requests share an entry, and an entry has at most 1,000 rows and about 64 KiB', async (t) => {
  const { enqueuerOf, readEntries } = await setUp(t);
  const enqueuer = enqueuerOf('one');
  const small = Array.from({ length: 1_500 }, (_, index) => `[${index}]`);
  await Promise.all(small.map((row) => enqueuer.enqueue([row])));
  const large = Array.from({ length: 10 }, () => rowOf(20_000));
  await enqueuer.enqueue([...large, rowOf(200_000)]);
  const entries = await readEntries('one');
  const sizes = entries.map(({ n, v = '' }) => [Number(n), v.length] as const);
  assert.deepEqual(
    sizes.slice(0, 2).map(([rows]) => rows),
    [1_000, 500],
  );
  for (const [rows, bytes] of sizes) assert.ok(rows === 1 || (rows <= 1_000 && bytes <= 66_000), `${rows} ${bytes}`);
  assert.equal(
    sizes.reduce((sum, [rows]) => sum + rows, 0),
    1_511,
  );
});

test('a table that has its maximum of memory is full, alone, and accepts rows again as it drains', async (t) => {
  const { admin, connection, enqueuerOf, partitionOf, readEntries } = await setUp(t, 4 * mib);
  const one = enqueuerOf('one');
  const two = enqueuerOf('two');
  const outcomes: string[] = [];
  for (let request = 0; request < 30; request++) outcomes.push(await one.enqueue([rowOf(500_000)]));
  const accepted = outcomes.filter((outcome) => outcome === 'acknowledged').length;
  assert.equal(outcomes.at(-1), 'full');
  // Rows of 500 KB: eight fit, and one more exceeds the limit.
  assert.ok(accepted >= 7 && accepted <= 10, `${accepted}`);
  assert.equal((await readEntries('one')).length, accepted);
  assert.equal(await one.enqueue([rowOf(10)], { key: 'k', space: '', client: 'c', table: 'one' }), 'full');
  assert.equal(await two.enqueue([rowOf(500_000)]), 'acknowledged');
  const ids = ((await admin.xRange(partitionOf('one').stream, '-', '+')) ?? []).map(({ id }) => id);
  await ackEntries(connection, partitionOf('one'), ids);
  assert.equal(await one.enqueue([rowOf(500_000)]), 'acknowledged');
});

test('a key with the same rows adds them once, and with other rows or for another table it is another request', async (t) => {
  const { enqueuerOf, readEntries } = await setUp(t);
  const key = { key: 'k', space: '', client: 'c' };
  const one = enqueuerOf('one');
  assert.equal(await one.enqueue(['[1]', '[2]'], { ...key, table: 'one' }), 'acknowledged');
  assert.equal(await one.enqueue(['[1]', '[2]'], { ...key, table: 'one' }), 'acknowledged');
  assert.equal(await one.enqueue(['[1]', '[3]'], { ...key, table: 'one' }), 'key_reused');
  assert.equal(await enqueuerOf('two').enqueue(['[1]', '[2]'], { ...key, table: 'two' }), 'acknowledged');
  const [entry, ...more] = await readEntries('one');
  assert.deepEqual([entry?.['n'], entry?.['k'], more.length], ['2', '1', 0]);
  assert.notEqual((await readEntries('two'))[0]?.['b'], entry?.['b']);
});

test('a row of 1 MiB is read, and a larger entry is not', async (t) => {
  const { admin, connection, enqueuerOf, partitionOf } = await setUp(t);
  const partition = partitionOf('one');
  await enqueuerOf('one').enqueue([rowOf(mib)]);
  await admin.xAdd(partition.stream, '*', { b: '0'.repeat(32), v: 'x'.repeat(1_200_000) });
  const reader = createEntryReader({ connection, partition, consumer: 'a', maxEntries: 10 });
  const entries = [...(await reader.readNew(1_000)), ...(await reader.readNew(1_000))];
  assert.deepEqual(
    entries.map(({ isOversize, fields }) => isOversize ?? fields['v']?.length),
    [mib + 2, true],
  );
  await deadLetterEntry(connection, partition, entries[0]?.id ?? '', 'a reason');
  const [letter] = (await admin.xRange(partition.deadLetters, '-', '+')) ?? [];
  assert.equal(letter?.message['v']?.length, mib + 2, 'a dead letter keeps the row');
});

test('an entry is replaced by two in one step, once', async (t) => {
  const { admin, connection, enqueuerOf, partitionOf, readEntries } = await setUp(t);
  const partition = partitionOf('one');
  await enqueuerOf('one').enqueue(['[1]', '[2]']);
  const reader = createEntryReader({ connection, partition, consumer: 'a', maxEntries: 10 });
  const [entry] = await reader.readNew(1_000);
  assert.ok(entry !== undefined);
  const halves = [
    { b: '1', v: 'first' },
    { b: '2', v: 'second', k: '1' },
  ] as const;
  await replaceEntry(connection, partition, entry.id, halves);
  await replaceEntry(connection, partition, entry.id, halves);
  assert.deepEqual(
    (await readEntries('one')).map((fields) => Object.assign({}, fields)),
    halves,
  );
  assert.equal((await admin.xPending(partition.stream, 'ledger')).pending, 0);
});

test('one connection waits for several streams, and a reader that is busy keeps no other waiting', async (t) => {
  const { connect, connection, enqueuerOf, partitionOf } = await setUp(t);
  const stopping = new AbortController();
  const paused = new Set<string>();
  const partitions = [partitionOf('one'), partitionOf('two')];
  const shared = createSharedWait(
    { connection: connect(), partitions, consumer: 'a', isPaused: (stream) => paused.has(stream) },
    stopping.signal,
  );
  const readerOf = (table: string) =>
    createEntryReader({ connection, shared, partition: partitionOf(table), consumer: 'a', maxEntries: 10 });
  const two = readerOf('two');
  // No reader of `one` waits, so its first entry is held for it, and the second stays in Redis.
  for (const row of ['[1]', '[2]']) await enqueuerOf('one').enqueue([row]);
  for (let round = 0; round < 3; round++) {
    const reading = two.readNew(20_000);
    await enqueuerOf('two').enqueue([`[${round}]`]);
    assert.deepEqual(
      (await reading).map(({ fields }) => fields['v']),
      [`[[${round}]]`],
    );
  }
  const one = readerOf('one');
  const read: (string | undefined)[] = [];
  while (read.length < 2) read.push(...(await one.readNew(20_000)).map(({ fields }) => fields['v']));
  assert.deepEqual(new Set(read), new Set(['[[1]]', '[[2]]']));
  assert.deepEqual(await one.readNew(10), []);
  stopping.abort();
  await shared.ended;
  assert.deepEqual(await one.readNew(20_000), [], 'a reader does not wait after the end');
});

test('a group that Redis lost is made again while readers wait', async (t) => {
  const { admin, connect, connection, enqueuerOf, partitionOf } = await setUp(t);
  const stopping = new AbortController();
  const paused = new Set<string>();
  t.after(() => stopping.abort());
  const partitions = [partitionOf('one'), partitionOf('two')];
  const shared = createSharedWait(
    { connection: connect(), partitions, consumer: 'a', isPaused: (stream) => paused.has(stream) },
    stopping.signal,
  );
  const reader = createEntryReader({
    connection,
    shared,
    partition: partitionOf('one'),
    consumer: 'a',
    maxEntries: 10,
  });
  await admin.del(partitions.map(({ stream }) => stream));
  const reading = reader.readNew(20_000);
  await enqueuerOf('one').enqueue(['[1]']);
  assert.equal((await reading).length, 1);
});

test('the entries of a paused stream stay in Redis until it is resumed', async (t) => {
  const { admin, connect, connection, enqueuerOf, partitionOf } = await setUp(t);
  const stopping = new AbortController();
  t.after(() => stopping.abort());
  const partitions = [partitionOf('one'), partitionOf('two')];
  const paused = new Set([partitionOf('one').stream]);
  const shared = createSharedWait(
    { connection: connect(), partitions, consumer: 'a', isPaused: (stream) => paused.has(stream) },
    stopping.signal,
  );
  const readerOf = (table: string) =>
    createEntryReader({ connection, shared, partition: partitionOf(table), consumer: 'a', maxEntries: 10 });
  for (const table of ['one', 'two']) await enqueuerOf(table).enqueue(['[1]']);
  assert.equal((await readerOf('two').readNew(20_000)).length, 1);
  assert.equal((await admin.xPending(partitionOf('one').stream, 'ledger')).pending, 0);
  paused.clear();
  const entries = await shared.waitForOne(partitionOf('one').stream, 20_000);
  assert.equal(entries.length, 1);
});
