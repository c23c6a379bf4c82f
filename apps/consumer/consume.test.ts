import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { EncodedBatch } from '@sluice/contract/entry.ts';
import { group } from '@sluice/queue/partition.ts';
import { createEntryReader } from '@sluice/queue/consume/read-entries.ts';
import { deadLetterEntry, ackEntries } from '@sluice/queue/consume/ack-entries.ts';
import { createLogger } from '@sluice/runtime/logging/logger.ts';
import { createMetrics } from '@sluice/runtime/metrics/metrics.ts';
import { createTestLedger } from '@sluice/test-servers/ledger.ts';
import { createTestQueue } from '@sluice/test-servers/queue.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { consume } from './consume.ts';
import type { ConsumeDependencies, EntryKind } from './consume-dependencies.ts';
import { createCountKind } from './entry-kinds.ts';
import { createConsumerMetrics } from './metrics.ts';

const recording = { shard: 0, inboxHours: 1, deadlineMs: 10_000 };

/**
 * Creates a queue with one batch of the count 7, a database, and the dependencies of a consumer.
 */
const setUp = async (t: TestContext) => {
  const { admin, partition, connect } = await createTestQueue(t);
  const testLedger = await createTestLedger(t);
  const ledger = testLedger.connect();
  const commands = connect();
  const dependencies: ConsumeDependencies<EncodedBatch> = {
    kind: createCountKind(ledger, recording),
    reader: createEntryReader({ connection: connect(), partition, consumer: 'a', maxEntries: 100 }),
    ack: (ids) => ackEntries(commands, partition, ids),
    moveToDeadLetters: ({ id }, reason) => deadLetterEntry(commands, partition, id, reason),
    isPaused: () => false,
    heartbeat: () => undefined,
    metrics: createConsumerMetrics(createMetrics(process, 'consumer'), ledger.inUse),
    logger: createLogger('test', 'silent'),
  };
  const stopping = new AbortController();
  t.after(() => stopping.abort());
  await admin.xAdd(partition.stream, '*', { b: '0'.repeat(32), v: '7' });
  const readQueue = async () => ({
    waiting: await admin.xLen(partition.stream),
    pending: (await admin.xPending(partition.stream, group)).pending,
    dead: await admin.xLen(partition.deadLetters),
  });
  return { ...testLedger, admin, partition, dependencies, stopping, readQueue };
};

const held = { waiting: 1, pending: 1, dead: 0 };
const gone = { waiting: 0, pending: 0, dead: 0 };

test('an entry stays in the queue until it is recorded, and a consumer that is stopping still removes it', async (t) => {
  const { dependencies, stopping, readQueue, readCounts } = await setUp(t);
  const seen: unknown[] = [];
  const record: EntryKind<EncodedBatch>['record'] = async (batches) => {
    seen.push(await readQueue());
    const recorded = await dependencies.kind.record(batches);
    stopping.abort();
    return recorded;
  };
  await consume({ ...dependencies, kind: { ...dependencies.kind, record } }, stopping.signal);
  assert.deepEqual(seen, [held]);
  assert.deepEqual(await readCounts(), [7]);
  assert.deepEqual(await readQueue(), gone);
});

test('a database error never blames the entry, which is recorded after the error', async (t) => {
  const { dependencies, stopping, readQueue, readCounts, query } = await setUp(t);
  await query('RENAME TABLE `count` TO hidden');
  let attempts = 0;
  const record: EntryKind<EncodedBatch>['record'] = (batches) => {
    attempts++;
    return dependencies.kind.record(batches);
  };
  const consuming = consume({ ...dependencies, kind: { ...dependencies.kind, record } }, stopping.signal);
  await waitUntil(() => attempts >= 3);
  assert.deepEqual(await readQueue(), held);
  await query('RENAME TABLE hidden TO `count`');
  await waitUntil(async () => (await readQueue()).waiting === 0);
  stopping.abort();
  await consuming;
  assert.deepEqual(await readCounts(), [7]);
  assert.deepEqual(await readQueue(), gone);
});

test('a paused consumer records what comes before the entry that the database refuses, and leaves the rest', async (t) => {
  const { admin, partition, dependencies, stopping, readQueue, readCounts, query } = await setUp(t);
  for (const v of ['13', '8']) await admin.xAdd(partition.stream, '*', { b: v.padStart(32, '0'), v });
  await query('ALTER TABLE `count` ADD CONSTRAINT no_13 CHECK (count_value <> 13)');
  let attempts = 0;
  const record: EntryKind<EncodedBatch>['record'] = (batches) => {
    attempts++;
    return dependencies.kind.record(batches);
  };
  const isPaused = () => attempts > 0;
  const consuming = consume({ ...dependencies, isPaused, kind: { ...dependencies.kind, record } }, stopping.signal);
  // All three, the first two, and each of these.
  await waitUntil(() => attempts === 4);
  await waitUntil(async () => (await readQueue()).waiting === 2);
  stopping.abort();
  await consuming;
  assert.equal(attempts, 4);
  assert.deepEqual(await readCounts(), [7]);
  assert.deepEqual(await readQueue(), { waiting: 2, pending: 2, dead: 0 });
});
