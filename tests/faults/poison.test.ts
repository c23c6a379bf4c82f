import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { maxEntryFields } from '@sluice/contract/entry.ts';
import { partitionsOf, possiblePartitionsOf } from '@sluice/queue/partition.ts';
import { openAdmin, startRedis } from '@sluice/test-servers/queue.ts';
import { testFile } from '@sluice/test-servers/test-file.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { assertBalance } from './balance.ts';
import { createLoadedPipeline } from './loaded-pipeline.ts';

// A private Redis, for large entries and to count connections.
const redis = { ...(await startRedis(testFile)), host: '127.0.0.1' };
const withinMs = 60_000;
const maxConnections = 200;
// Smaller than the large entries of a test together, and slightly larger than a consumer needs.
const littleHeap = { NODE_OPTIONS: '--max-old-space-size=96' };

const batchId = () => randomBytes(16).toString('hex');

/** Entries that no producer creates, as arguments of XADD. */
const poison: Readonly<Record<string, readonly (string | Buffer)[]>> = {
  'a list of 24 MB': ['b', batchId(), 'v', '1,'.repeat(12_000_000)],
  'a list that is nearly one': ['b', batchId(), 'v', '1,'.repeat(1_000)],
  'a batch id of 1 MB': ['b', '0'.repeat(1_000_000), 'v', '1'],
  '10,000 fields': Array.from({ length: 20_000 }, (_, index) => String(index)),
  'as many fields as are read': Array.from({ length: 2 * maxEntryFields }, (_, index) => String(index)),
  'bytes that are no text': [randomBytes(100), randomBytes(1_000)],
  'a name of 1 MB': ['v'.repeat(1_000_000), '1'],
  'empty names and values': ['', '', '', ''],
  'names of objects': ['__proto__', '1', 'constructor', '2', 'toString', '3'],
  'the fields of two batches': ['b', batchId(), 'v', '1', 'v', 'x'],
};

test('whatever an entry contains, the consumer survives, records its neighbours, and moves it to the dead letters', async (t) => {
  const pipeline = await createLoadedPipeline(t, { consumer: littleHeap });
  const { load, queue, operate, consumer } = pipeline;
  const { stream, deadLetters } = queue.partition;
  for (const fields of Object.values(poison)) {
    await queue.admin.sendCommand(['XADD', stream, '*', ...fields]);
    await load.more(5);
  }
  const times = Object.keys(poison).length;
  await waitUntil(async () => (await queue.admin.xLen(deadLetters)) === times, withinMs);
  await load.stop();
  await assertBalance(pipeline, load, withinMs);
  assert.equal(consumer.hasEnded(), false);

  const list = async () => (await operate('dead-letters', 'list')).output.trim().split('\n');
  const listed = await list();
  assert.equal(listed.length, times);
  const reason = 'it has more than 32768 bytes or 100 fields; its 2 fields, 24000034 bytes, are not kept';
  assert.ok(
    listed.some((line) => line.endsWith(reason)),
    listed.join('\n'),
  );
  const names = listed.map((line) => line.split(' ')[0] ?? '');
  for (const name of names) assert.equal((await operate('dead-letters', 'show', name)).code, 0);
  // Entries that kept their fields are replayed and become dead letters again.
  const { code, output } = await operate('dead-letters', 'replay', '--all');
  assert.equal(code, 1, output);
  assert.match(output, /Put back into the queue: 6\nNot put back: 4/);
  await waitUntil(async () => (await list()).length === times, withinMs);
  assert.equal((await operate('dead-letters', 'drop', '--all')).code, 0);
  assert.deepEqual(await list(), ['There are no dead letters.']);
  assert.equal(consumer.hasEnded(), false);
});

test('a partition full of large entries, new or left by a dead consumer, does not exhaust the memory of a consumer', async (t) => {
  const pipeline = await createLoadedPipeline(t, { servers: { redis } });
  const { load, queue, consumer, start } = pipeline;
  const { stream, deadLetters } = queue.partition;
  await consumer.end('SIGTERM');
  const times = 24;
  const addLarge = async (entries: number) => {
    // A script creates them in Redis, which is faster than sending them.
    const script = `local v = string.rep('1,', 12000000)
      for entry = 1, ARGV[1] do redis.call('XADD', KEYS[1], '*', 'b', ARGV[2], 'v', v) end`;
    await queue.admin.eval(script, { keys: [stream], arguments: [String(entries), batchId()] });
  };
  await addLarge(times / 2);
  await queue.admin.eval(
    `for entry = 1, ARGV[1] do redis.call('XREADGROUP', 'GROUP', 'ledger', 'dead', 'COUNT', 1, 'STREAMS', KEYS[1], '>') end`,
    { keys: [stream], arguments: [String(times / 2)] },
  );
  await addLarge(times / 2);
  await load.more(50);
  const heir = await start('consumer', littleHeap);
  await waitUntil(async () => (await queue.admin.xLen(deadLetters)) === times, 120_000);
  await load.stop();
  await assertBalance(pipeline, load, withinMs);
  assert.equal(heir.hasEnded(), false);
});

test('whatever is registered as a partition, the connections of a consumer are bounded, and all entries are recorded', async (t) => {
  const admin = await openAdmin(t, redis.port);
  const pipeline = await createLoadedPipeline(t, {
    servers: { redis },
    producer: { QUEUE_PARTITIONS: '3' },
  });
  const { load, queue, consumer, address, operate } = pipeline;
  const registry = `${queue.name}:partitions`;
  const streams = possiblePartitionsOf(queue.name).map(({ stream }) => stream);
  await admin.sAdd(registry, [
    ...streams,
    ...Array.from({ length: 10_000 }, (_, index) => `{${queue.name}:x${index}}`),
  ]);
  // A stream name that is not the producer's. Its key holds a value that is not a stream.
  const own = new Set(partitionsOf(queue.name, 3).map(({ stream }) => stream));
  const taken = streams.find((stream) => !own.has(stream)) ?? '';
  await admin.set(taken, 'not a stream');
  await waitUntil(() => consumer.lines.some((line) => line.includes('ignoring invalid names')));
  await load.more();
  await waitUntil(() => consumer.lines.filter((line) => line.includes('"consuming a partition"')).length === 128);
  const { length } = await admin.clientList();
  assert.ok(length < maxConnections, `${length} connections`);
  const state = await fetch(`${address}/queue`);
  assert.equal(state.status, 200, await state.text());
  assert.match((await operate('consumers', 'status')).output, /invalid names in the partition registry/);
  await admin.del(taken);
  await load.stop();
  await assertBalance(pipeline, load, withinMs);
  assert.equal(consumer.lines.filter((line) => line.includes('ignoring invalid names')).length, 1);
});
