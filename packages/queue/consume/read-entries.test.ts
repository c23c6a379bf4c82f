import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { maxEntryBytes, maxEntryFields } from '@sluice/contract/entry.ts';
import { connectFor, createTestQueue, openAdmin, plainSettings, startRedis } from '@sluice/test-servers/queue.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { createGroup } from './create-group.ts';
import { group, partitionOf, partitionsOf } from '../partition.ts';
import { readQueueState } from '../admin/queue-state.ts';
import { createEntryReader, type RawEntry } from './read-entries.ts';
import { removeIdleConsumers } from './remove-consumers.ts';
import { deadLetterEntry, ackEntries } from './ack-entries.ts';

const setUp = async (t: TestContext) => {
  const queue = await createTestQueue(t);
  const { stream } = queue.partition;
  const readerOf = (consumer: string, maxEntries = 100) =>
    createEntryReader({ connection: queue.connect(), partition: queue.partition, consumer, maxEntries });
  const add = (v: string) => queue.admin.xAdd(stream, '*', { v });
  const countPending = async () => (await queue.admin.xPending(stream, group)).pending;
  const isIdleFor = async (idleMs: number) =>
    (await queue.admin.xPendingRange(stream, group, '-', '+', 1000)).every(
      ({ millisecondsSinceLastDelivery }) => millisecondsSinceLastDelivery >= idleMs,
    );
  return { ...queue, stream, readerOf, add, countPending, isIdleFor };
};

/**
 * Returns the maximum age in ms of an entry that was added after `startedAt`. Redis rounds the time
 * of an entry down to the ms.
 */
const ageOf = (startedAt: number): number => performance.now() - startedAt + 1;

test('entries from before the group are delivered, each to one consumer', async (t) => {
  const { add, readerOf } = await setUp(t);
  await add('1');
  await add('2');
  assert.deepEqual(
    (await readerOf('a', 1).readNew(100)).map(({ fields }) => fields['v']),
    ['1'],
  );
  assert.deepEqual(
    (await readerOf('b').readNew(100)).map(({ fields }) => fields['v']),
    ['2'],
  );
});

test('a read of an empty queue returns nothing after its timeout', async (t) => {
  const { readerOf } = await setUp(t);
  assert.deepEqual(await readerOf('a').readNew(50), []);
});

test('a group that Redis lost is created again during reading', async (t) => {
  const { admin, stream, add, readerOf } = await setUp(t);
  const reader = readerOf('a');
  await reader.readNew(50);
  await admin.del(stream);
  await add('1');
  assert.deepEqual(
    (await reader.readNew(100)).map(({ fields }) => fields['v']),
    ['1'],
  );
});

test('acked entries are removed from the stream and from the group', async (t) => {
  const { admin, partition, stream, add, readerOf, connect, countPending } = await setUp(t);
  await add('1');
  await add('2');
  const entries = await readerOf('a').readNew(100);
  await ackEntries(
    connect(),
    partition,
    entries.map(({ id }) => id),
  );
  assert.equal(await admin.xLen(stream), 0);
  assert.equal(await countPending(), 0);
});

test('an entry is removed from the stream before it is acknowledged', async (t) => {
  const { admin, partition, stream, add, readerOf, connect } = await setUp(t);
  await add('1');
  const [entry] = await readerOf('a').readNew(100);
  assert.ok(entry);
  const connection = connect();
  const id = await connection.run(stream, (client) => client.clientId(), 3_000);
  await ackEntries(connection, partition, [entry.id]);
  // Redis reports the last command of each connection.
  const settler = (await admin.clientList()).find((client) => client.id === id);
  assert.equal(settler?.cmd, 'xack');
});

test('entries of another consumer are claimed once they are idle long enough, and not before', async (t) => {
  const { add, readerOf, isIdleFor } = await setUp(t);
  for (const v of ['1', '2', '3']) await add(v);
  await readerOf('dead').readNew(100);
  const heir = readerOf('heir', 2);
  assert.deepEqual(await heir.claimIdle(60_000), []);
  await waitUntil(() => isIdleFor(2_000));
  assert.deepEqual(
    (await heir.claimIdle(2_000)).map(({ fields }) => fields['v']),
    ['1', '2'],
  );
  assert.deepEqual(
    (await heir.claimIdle(2_000)).map(({ fields }) => fields['v']),
    ['3'],
  );
});

test('a claim takes no entry that was never delivered', async (t) => {
  const { add, readerOf, countPending } = await setUp(t);
  await add('1');
  const reader = readerOf('a');
  assert.deepEqual(await reader.claimIdle(60_000), []);
  assert.equal(await countPending(), 0);
  assert.deepEqual(
    (await reader.readNew(100)).map(({ fields }) => fields['v']),
    ['1'],
  );
});

test('idle entries after many that are not idle are found too', async (t) => {
  const { admin, stream, add, readerOf, isIdleFor } = await setUp(t);
  // XAUTOCLAIM examines ten times its COUNT of entries per call.
  for (let index = 0; index < 30; index++) await add(String(index));
  await readerOf('dead').readNew(100);
  const pending = await admin.xPendingRange(stream, group, '-', '+', 100);
  await waitUntil(() => isIdleFor(200));
  await admin.xClaim(
    stream,
    group,
    'alive',
    0,
    pending.slice(0, 29).map(({ id }) => id),
  );
  assert.deepEqual(
    (await readerOf('heir', 1).claimIdle(200)).map(({ fields }) => fields['v']),
    ['29'],
  );
});

test('an entry that was deleted but not acknowledged is removed from the group', async (t) => {
  const { admin, stream, add, readerOf, countPending, isIdleFor } = await setUp(t);
  const id = await add('1');
  await readerOf('dead').readNew(100);
  await admin.xDel(stream, id);
  await waitUntil(() => isIdleFor(20));
  assert.deepEqual(await readerOf('heir').claimIdle(20), []);
  assert.equal(await countPending(), 0);
});

test('an entry moved to the dead letters has its reason there and is no longer in the queue', async (t) => {
  const { admin, partition, stream, add, readerOf, connect, countPending } = await setUp(t);
  await add('x');
  const [entry] = await readerOf('a').readNew(100);
  assert.ok(entry);
  await deadLetterEntry(connect(), partition, entry.id, 'not a number');
  const [letter] = (await admin.xRange(partition.deadLetters, '-', '+')) ?? [];
  assert.deepEqual({ ...letter?.message }, { entry: entry.id, reason: 'not a number', v: 'x' });
  assert.equal(await admin.xLen(stream), 0);
  assert.equal(await countPending(), 0);
});

/** Entries that no producer makes, as XADD takes them. Each is added between two valid entries. */
const oversize: Readonly<Record<string, readonly string[]>> = {
  'of 24 MB': ['v', '1,'.repeat(12_000_000)],
  'of a name of 1 MB': ['v'.repeat(1_000_000), '1'],
  'of 10,000 fields': Array.from({ length: 20_000 }, (_, index) => String(index)),
  'of one byte too many': ['v', '1'.repeat(maxEntryBytes)],
  'of one field too many': Array.from({ length: 2 * maxEntryFields + 2 }, (_, index) => String(index)),
};

for (const [kind, fields] of Object.entries(oversize)) {
  test(`an entry ${kind} is read without its fields, new or claimed, and becomes a dead letter without them`, async (t) => {
    const { admin, partition, stream, add, readerOf, connect, countPending, isIdleFor } = await setUp(t);
    const kindsOf = (entries: readonly RawEntry[]) =>
      entries.map(({ fields: read, isOversize }) => isOversize ?? read['v']);
    const addBetween = async () => {
      await add('1');
      await admin.sendCommand(['XADD', stream, '*', ...fields]);
      await add('2');
    };
    await addBetween();
    const read = await readerOf('a').readNew(100);
    assert.deepEqual(kindsOf(read), ['1', true, '2']);
    await waitUntil(() => isIdleFor(2_000));
    const heir = readerOf('b');
    const entries: RawEntry[] = [];
    // A claim ends after an entry as large as this one.
    for (let turn = 0; turn < 2 && entries.length < 3; turn++) entries.push(...(await heir.claimIdle(2_000)));
    assert.deepEqual(kindsOf(entries), ['1', true, '2']);
    assert.ok(entries[1]);
    assert.deepEqual(entries[1].fields, {});
    await deadLetterEntry(connect(), partition, entries[1].id, 'too large');
    const [letter] = (await admin.xRange(partition.deadLetters, '-', '+')) ?? [];
    const bytes = fields.reduce((sum, part) => sum + part.length, 0);
    const reason = `too large; its ${fields.length / 2} fields, ${bytes} bytes, are not kept`;
    assert.deepEqual({ ...letter?.message }, { entry: entries[1].id, reason });
    assert.equal(await admin.xLen(stream), 2);
    assert.equal(await countPending(), 2);
  });

  test(`an entry ${kind} that arrives during a blocked read is read without its fields`, async (t) => {
    const { admin, stream, readerOf } = await setUp(t);
    const reader = readerOf('a');
    await reader.readNew(10);
    const reading = reader.readNew(20_000);
    // Redis lists a blocked client while the read waits for an entry.
    await waitUntil(async () => (await admin.clientList()).some(({ flags }) => flags.includes('b')));
    await admin.sendCommand(['XADD', stream, '*', ...fields]);
    assert.deepEqual(
      (await reading).map(({ fields: read, isOversize }) => [{ ...read }, isOversize]),
      [[{}, true]],
    );
  });
}

test('an entry of the maximum size is read, and becomes a dead letter with its fields', async (t) => {
  const { admin, partition, readerOf, stream, connect } = await setUp(t);
  const names = Array.from({ length: maxEntryFields - 1 }, (_, index) => String(index));
  const rest = maxEntryBytes - names.join('').length - 1;
  const fields = [...names.flatMap((name) => [name, '']), 'v', '1'.repeat(rest)];
  await admin.sendCommand(['XADD', stream, '*', ...fields]);
  const [entry] = await readerOf('a').readNew(100);
  assert.equal(entry?.fields['v']?.length, rest);
  assert.equal(entry.isOversize, undefined);
  await deadLetterEntry(connect(), partition, entry.id, 'a reason');
  const [letter] = (await admin.xRange(partition.deadLetters, '-', '+')) ?? [];
  assert.equal(letter?.message['v']?.length, rest);
  assert.equal(letter.message['reason'], 'a reason');
});

test('a read of many large entries ends before the last one, and the next read continues', async (t) => {
  const { admin, stream, readerOf, countPending } = await setUp(t);
  const large = '1'.repeat(maxEntryBytes - 1);
  await Promise.all(Array.from({ length: 600 }, () => admin.xAdd(stream, '*', { v: large })));
  const reader = readerOf('a', 600);
  const first = await reader.readNew(100);
  assert.ok(first.length < 400, String(first.length));
  assert.equal(await countPending(), first.length);
  const ids = new Set(first.map(({ id }) => id));
  while (ids.size < 600) for (const { id } of await reader.readNew(100)) ids.add(id);
});

test('a full Redis releases an entry that cannot be parsed', async (t) => {
  const { port } = await startRedis(t, ['--maxmemory', '128mb', '--maxmemory-policy', 'noeviction']);
  const admin = await openAdmin(t, port);
  const partition = partitionOf('queue', 0);
  const connection = connectFor(t, plainSettings(port));
  await createGroup(connection, partition);
  const addOf = (bytes: number) =>
    admin.eval("return redis.call('XADD', KEYS[1], '*', 'v', string.rep('x', ARGV[1]))", {
      keys: [partition.stream],
      arguments: [String(bytes)],
    });
  await addOf(24_000_000);
  await assert.rejects(async () => {
    for (;;) await addOf(1_000_000);
  }, /OOM/);
  const reader = createEntryReader({ connection, partition, consumer: 'a', maxEntries: 100 });
  const [entry] = await reader.readNew(100);
  assert.ok(entry?.isOversize);
  await deadLetterEntry(connection, partition, entry.id, 'too large');
  assert.equal(await admin.xLen(partition.deadLetters), 1);
  await admin.xAdd(partition.stream, '*', { v: '1' });
});

test('a consumer that leaves is removed from the group, unless it has entries', async (t) => {
  const { admin, stream, add, readerOf } = await setUp(t);
  await add('1');
  const [busy, free] = [readerOf('busy'), readerOf('free')];
  await busy.readNew(100);
  await free.claimIdle(60_000);
  await busy.leave();
  await free.leave();
  assert.deepEqual(
    (await admin.xInfoConsumers(stream, group)).map(({ name }) => name),
    ['busy'],
  );
});

test('consumers that are idle for long and have no entries are removed', async (t) => {
  const { admin, stream, partition, connect, add, readerOf } = await setUp(t);
  await add('1');
  await readerOf('busy').readNew(100);
  await readerOf('dead').claimIdle(60_000);
  assert.equal(await removeIdleConsumers(connect(), partition, 60_000), 0);
  await waitUntil(async () => (await admin.xInfoConsumers(stream, group)).every(({ idle }) => idle >= 20));
  assert.equal(await removeIdleConsumers(connect(), partition, 20), 1);
  assert.deepEqual(
    (await admin.xInfoConsumers(stream, group)).map(({ name }) => name),
    ['busy'],
  );
});

test('the state skips a key of another type and includes the other partitions', async (t) => {
  const { name, admin, connect, partition } = await setUp(t);
  const startedAt = performance.now();
  const [first, second, third] = partitionsOf(name, 3);
  assert.ok(first && second && third);
  await admin.set(first.stream, 'not a stream');
  await admin.xAdd(second.stream, '*', { v: '1' });
  await admin.set(second.deadLetters, 'not a stream');
  await admin.xAdd(third.deadLetters, '*', { entry: '1-0', reason: 'x' });
  const state = await readQueueState(connect(), name, [partition, first, second, third]);
  assert.deepEqual([state.waitingBatches, state.deadLetters], [1, 1]);
  assert.ok(state.oldestAgeMs >= 0 && state.oldestAgeMs <= ageOf(startedAt), String(state.oldestAgeMs));
});

test('the state of an empty queue, with waiting entries, and with entries in flight', async (t) => {
  const { name, admin, stream, partition, connect, add, readerOf, isIdleFor } = await setUp(t);
  const connection = connect();
  const read = () => readQueueState(connection, name, [partition]);
  const empty = {
    waitingBatches: 0,
    oldestAgeMs: 0,
    inFlightBatches: 0,
    consumers: 0,
    deadLetters: 0,
    isPaused: false,
  };
  assert.deepEqual(await read(), empty);
  await readerOf('idle').claimIdle(60_000);
  assert.deepEqual(await read(), { ...empty, consumers: 1 });
  const startedAt = performance.now();
  await add('1');
  await add('2');
  await readerOf('a', 1).readNew(100);
  await admin.xAdd(partition.deadLetters, '*', { entry: '1-0', reason: 'x' });
  await waitUntil(() => isIdleFor(50));
  const { oldestAgeMs, ...state } = await read();
  assert.deepEqual(state, { waitingBatches: 2, inFlightBatches: 1, consumers: 2, deadLetters: 1, isPaused: false });
  assert.ok(oldestAgeMs >= 50 && oldestAgeMs <= ageOf(startedAt), String(oldestAgeMs));
  await admin.del(stream);
  assert.equal((await read()).waitingBatches, 0);
});

test('entries do not count as removed if Redis refused one of the two steps', async (t) => {
  const { admin, stream, partition, add, readerOf, connect } = await setUp(t);
  await add('1');
  const [entry] = await readerOf('a').readNew(100);
  assert.ok(entry);
  await admin.del(stream);
  await admin.set(stream, 'not a stream');
  await assert.rejects(ackEntries(connect(), partition, [entry.id]), /WRONGTYPE/);
});
