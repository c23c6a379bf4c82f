import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestLedger } from '@sluice/test-servers/ledger.ts';
import { purgeInbox } from './purge-inbox.ts';
import { recordBatches } from './record.ts';

const settings = { shard: 0, inboxHours: 1, deadlineMs: 3_000 };
const batchOf = (number: number) => ({
  batchId: number.toString(16).padStart(32, '0'),
  list: String(number),
  size: 1,
  isKeyed: false,
});

/** Returns an INSERT of `ids` that expired `secondsAgo`. */
const expired = (ids: readonly number[], secondsAgo: number): [string, unknown[]] => [
  'INSERT INTO inbox (batch_id, expires_at) VALUES ?',
  [ids.map((id) => [Buffer.from(batchOf(id).batchId, 'hex'), new Date(Date.now() - secondsAgo * 1_000)])],
];

test('expired ids are purged, oldest first and up to the limit; others stay', async (t) => {
  const { connect, query } = await createTestLedger(t);
  const ledger = connect();
  await recordBatches(ledger, [batchOf(100)], settings);
  await query(...expired([5, 6, 7], 20));
  await query(...expired([1, 2], 60));
  assert.equal(await purgeInbox(ledger, 2, 3_000), 2);
  const left = await query('SELECT LOWER(HEX(batch_id)) AS id FROM inbox ORDER BY batch_id');
  assert.deepEqual(
    left.map(({ id }) => Number.parseInt(String(id), 16)),
    [5, 6, 7, 100],
  );
  assert.equal(await purgeInbox(ledger, 10, 3_000), 3);
  assert.equal(await purgeInbox(ledger, 10, 3_000), 0);
  assert.deepEqual(await recordBatches(ledger, [batchOf(100)], settings), { rows: 0, duplicates: 1 });
});

test('a purge neither waits for a recording in progress nor blocks one', async (t) => {
  const { connect, query } = await createTestLedger(t);
  const recording = connect();
  await query(...expired([1, 2, 3], 60));
  await recording.run(async (connection) => {
    // A consumer between its INSERT and its COMMIT, next in the index to the purged ids.
    await connection.query(
      "START TRANSACTION; INSERT INTO inbox VALUES (x'00000000000000000000000000000004', NOW() + INTERVAL 1 HOUR)",
    );
    assert.equal(await purgeInbox(connect(), 100, 2_000), 3);
    await connection.query('COMMIT');
  }, 5_000);

  await query(...expired([1, 2, 3], 60));
  await connect().run(async (connection) => {
    // A purge between its DELETE and its COMMIT.
    await connection.query('START TRANSACTION');
    const purging = {
      run: <T>(work: (given: typeof connection) => Promise<T>) => work(connection),
      inUse: () => 1,
      close: () => Promise.resolve(),
    };
    assert.equal(await purgeInbox(purging, 100, 2_000), 3);
    const recorded = await recordBatches(recording, [batchOf(5), batchOf(6), batchOf(1_000)], {
      ...settings,
      deadlineMs: 2_000,
    });
    assert.deepEqual(recorded, { rows: 3, duplicates: 0 });
    await connection.query('COMMIT');
  }, 5_000);
});

test('concurrent purges remove each id once', async (t) => {
  const { connect, query } = await createTestLedger(t);
  await query(
    ...expired(
      Array.from({ length: 600 }, (_, index) => index),
      60,
    ),
  );
  const removed = await Promise.all(Array.from({ length: 4 }, () => purgeInbox(connect(), 300, 5_000)));
  const [row] = await query('SELECT COUNT(*) AS ids FROM inbox');
  assert.equal(removed.reduce((sum, rows) => sum + rows, 0) + Number(row?.['ids']), 600);
});
