import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { createTestQueue } from '@sluice/test-servers/queue.ts';
import {
  dropDeadLetters,
  listDeadLetters,
  moveEntryToDeadLetters,
  replayDeadLetters,
  showDeadLetter,
} from './dead-letters.ts';
import { partitionsOf, type Partition } from '../partition.ts';
import { createEntryReader } from '../consume/read-entries.ts';
import { deadLetterEntry } from '../consume/ack-entries.ts';

const setUp = async (t: TestContext) => {
  const queue = await createTestQueue(t);
  const connection = queue.connect();
  const partitions = partitionsOf(queue.name, 2);
  /** Adds an entry of these fields and moves it to the dead letters. */
  const addDeadLetter = async (index: number, ...fields: readonly (string | Buffer)[]) => {
    const partition = partitions[index];
    assert.ok(partition);
    if (fields.length > 0) await queue.admin.sendCommand(['XADD', partition.stream, '*', ...fields]);
    const reader = createEntryReader({ connection, partition, consumer: 'a', maxEntries: 10 });
    for (const entry of await reader.readNew(100)) await deadLetterEntry(connection, partition, entry.id, 'a reason');
  };
  const list = (page: { after?: string; limit: number } = { limit: 100 }) =>
    listDeadLetters(connection, partitions, page);
  return { ...queue, connection, partitions, addDeadLetter, list };
};

const raw = Buffer.from([0x00, 0xff, 0x80, 0x0a]);

test('a dead letter keeps its id, its reason and every field, text or binary', async (t) => {
  const { connection, partitions, addDeadLetter, list } = await setUp(t);
  await addDeadLetter(0, 'b', 'x', 'v', raw, 'v', '2');
  const [letter, ...others] = await list();
  assert.ok(letter);
  assert.equal(others.length, 0);
  assert.equal(letter.reason, 'a reason');
  assert.match(letter.entry, /^\d+-\d+$/);
  assert.deepEqual(letter.fields, [
    ['b', 'x'],
    ['v', '\\x00\\xff\\x80\\x0a'],
    ['v', '2'],
  ]);
  assert.deepEqual(await showDeadLetter(connection, partitions, letter.name), letter);
});

test('dead letters of all partitions are listed in pages', async (t) => {
  const { addDeadLetter, list } = await setUp(t);
  for (const value of ['1', '2', '3']) await addDeadLetter(0, 'v', value);
  for (const value of ['4', '5']) await addDeadLetter(1, 'v', value);
  const values: (string | undefined)[] = [];
  let page = await list({ limit: 2 });
  for (let last = page.at(-1); last !== undefined; last = page.at(-1)) {
    values.push(...page.map(({ fields }) => fields[0]?.[1]));
    page = await list({ limit: 2, after: last.name });
  }
  assert.deepEqual(values, ['1', '2', '3', '4', '5']);
});

test('a dead letter is replayed unchanged, and only once', async (t) => {
  const { admin, connection, partitions, addDeadLetter, list } = await setUp(t);
  await addDeadLetter(0, 'b', 'an id', 'v', raw);
  await addDeadLetter(0, 'b', 'another');
  const [letter] = await list();
  assert.ok(letter);
  assert.deepEqual(await replayDeadLetters(connection, partitions, { name: letter.name }), { done: 1, kept: 0 });
  assert.deepEqual(await replayDeadLetters(connection, partitions, { name: letter.name }), { done: 0, kept: 0 });
  assert.equal((await list()).length, 1);
  const stream = partitions[0]?.stream ?? '';
  assert.equal(await admin.xLen(stream), 1);
  const isUnchanged = await admin.eval(
    `local fields = redis.call('XRANGE', KEYS[1], '-', '+')[1][2]
     return table.concat(fields) == table.concat(ARGV) and #fields == #ARGV`,
    { keys: [stream], arguments: ['b', 'an id', 'v', raw] },
  );
  assert.equal(isUnchanged, 1);
});

test('all dead letters of every partition are replayed', async (t) => {
  const { admin, connection, partitions, addDeadLetter, list } = await setUp(t);
  for (let count = 0; count < 3; count++) for (const index of [0, 1]) await addDeadLetter(index, 'v', String(count));
  assert.deepEqual(await replayDeadLetters(connection, partitions, 'all'), { done: 6, kept: 0 });
  assert.deepEqual(await list(), []);
  for (const { stream } of partitions) assert.equal(await admin.xLen(stream), 3);
});

test('one dead letter is dropped, or all', async (t) => {
  const { connection, partitions, addDeadLetter, list } = await setUp(t);
  for (const index of [0, 0, 1]) await addDeadLetter(index, 'v', 'x');
  const [letter] = await list();
  assert.ok(letter);
  assert.deepEqual(await dropDeadLetters(connection, partitions, { name: letter.name }), { done: 1, kept: 0 });
  assert.equal(await showDeadLetter(connection, partitions, letter.name), undefined);
  assert.deepEqual(await dropDeadLetters(connection, partitions, 'all'), { done: 2, kept: 0 });
  assert.deepEqual(await list(), []);
});

test('a dead letter without fields is listed, is not replayed with all, and can be dropped', async (t) => {
  const { connection, partitions, addDeadLetter, list } = await setUp(t);
  await addDeadLetter(0, 'v', '1,'.repeat(12_000_000));
  for (let letter = 0; letter < 150; letter++) await addDeadLetter(0, 'v', 'x');
  const [letter] = await list();
  assert.ok(letter);
  const { fields, reason, name } = letter;
  assert.deepEqual(fields, []);
  assert.equal(reason, 'a reason; its 1 fields, 24000001 bytes, are not kept');
  assert.deepEqual(await replayDeadLetters(connection, partitions, 'all'), { done: 150, kept: 1 });
  assert.deepEqual(await replayDeadLetters(connection, partitions, { name }), { done: 0, kept: 1 });
  assert.deepEqual(
    (await list()).map((left) => left.name),
    [name],
  );
  assert.deepEqual(await dropDeadLetters(connection, partitions, 'all'), { done: 1, kept: 0 });
});

test('a large dead letter of an older release is listed without fields and replayed with them', async (t) => {
  const { admin, connection, partitions, list } = await setUp(t);
  const [first] = partitions;
  assert.ok(first);
  const { stream, deadLetters } = first;
  const v = '1,'.repeat(1_000_000);
  await admin.xAdd(deadLetters, '*', { entry: '1-0', reason: 'a reason', b: 'x', v });
  assert.deepEqual(
    (await list()).map(({ entry, reason, fields }) => ({ entry, reason, fields })),
    [{ entry: '1-0', reason: 'a reason', fields: [] }],
  );
  assert.deepEqual(await replayDeadLetters(connection, partitions, 'all'), { done: 1, kept: 0 });
  assert.equal((await admin.xRange(stream, '-', '+'))?.[0]?.message['v'], v);
});

test('if one key is not a stream, dead letters of other partitions are still listed, replayed and dropped', async (t) => {
  const { admin, connection, partitions, addDeadLetter } = await setUp(t);
  const [first] = partitions;
  assert.ok(first);
  const { deadLetters } = first;
  await admin.set(deadLetters, 'not a stream');
  const unreadable: string[] = [];
  const onUnreadable = (partition: Partition) => unreadable.push(partition.deadLetters);
  await addDeadLetter(1, 'v', 'x');
  assert.equal((await listDeadLetters(connection, partitions, { limit: 10, onUnreadable })).length, 1);
  assert.deepEqual(await replayDeadLetters(connection, partitions, 'all', onUnreadable), { done: 1, kept: 0 });
  await addDeadLetter(1);
  assert.deepEqual(await dropDeadLetters(connection, partitions, 'all', onUnreadable), { done: 1, kept: 0 });
  assert.deepEqual(unreadable, [deadLetters, deadLetters, deadLetters]);
});

test('an invalid name of a dead letter is refused', async (t) => {
  const { connection, partitions } = await setUp(t);
  for (const name of ['1-0', '{other:0}/1-0', `${partitions[0]?.stream}/x`]) {
    await assert.rejects(showDeadLetter(connection, partitions, name), { code: 'DEAD_LETTER_NAME' });
  }
});

test('an operator can move any entry with its fields, but one in flight only while consumers are paused', async (t) => {
  const { admin, connection, partitions, list } = await setUp(t);
  const [partition] = partitions;
  assert.ok(partition);
  const add = async (...fields: readonly (string | Buffer)[]) => {
    const id = await admin.sendCommand<string>(['XADD', partition.stream, '*', ...fields]);
    return { id, name: `${partition.stream}/${id}` };
  };
  const move = (name: string, isPaused = false) => moveEntryToDeadLetters(connection, partitions, name, isPaused);
  // There is no group yet: only a consumer creates it.
  const early = await add('v', raw);
  assert.equal(await move(early.name), 'moved');
  const waiting = await add('b', 'a good id', 'v', '1');
  const taken = await add('v', '1,'.repeat(100_000));
  const reader = createEntryReader({ connection, partition, consumer: 'a', maxEntries: 10 });
  assert.equal((await reader.readNew(100)).length, 2);
  const waitingStill = await add('v', '2');
  assert.equal(await move(waitingStill.name), 'moved');
  for (const { name } of [waiting, taken]) assert.equal(await move(name), 'in flight');
  assert.equal(await admin.xLen(partition.stream), 2);
  for (const { name } of [waiting, taken]) assert.equal(await move(name, true), 'moved');
  for (const { name } of [early, waiting, taken]) assert.equal(await move(name, true), 'missing');
  assert.equal(await admin.xLen(partition.stream), 0);
  assert.equal((await admin.xPending(partition.stream, 'ledger')).pending, 0);
  assert.deepEqual(
    (await list()).map(({ entry, fields }) => [entry, fields]),
    [
      [early.id, [['v', '\\x00\\xff\\x80\\x0a']]],
      [waitingStill.id, [['v', '2']]],
      [
        waiting.id,
        [
          ['b', 'a good id'],
          ['v', '1'],
        ],
      ],
      [taken.id, []],
    ],
  );
  await assert.rejects(move('{elsewhere:0}/1-0'), { code: 'DEAD_LETTER_NAME' });
});

test('moving an entry to the dead letters twice leaves one dead letter', async (t) => {
  const { connection, partitions, addDeadLetter, list } = await setUp(t);
  await addDeadLetter(0, 'v', 'x');
  const [letter] = await list();
  const [partition] = partitions;
  assert.ok(letter && partition);
  await deadLetterEntry(connection, partition, letter.entry, 'again');
  assert.deepEqual(await list(), [letter]);
});
