import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { createTestLedger } from '@sluice/test-servers/ledger.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { createMysqlSteps } from '@sluice/test-servers/proxy/mysql-steps.ts';
import { createProxy } from '@sluice/test-servers/proxy/proxy.ts';
import type { LedgerConnection } from './connection/connection.ts';
import { readTotal } from './read-total.ts';
import { recordBatches } from './record.ts';

const settings = { shard: 3, inboxHours: 1, deadlineMs: 10_000 };
const batchOf = (number: number, ...counts: number[]) => ({
  batchId: number.toString(16).padStart(32, '0'),
  list: counts.join(','),
  size: counts.length,
  isKeyed: false,
});

test('batches are recorded once, with counts, ids and total in one transaction', async (t) => {
  const { connect, readCounts, readTotals, query } = await createTestLedger(t);
  const ledger = connect();
  const recorded = await recordBatches(ledger, [batchOf(1, 10, -20), batchOf(2, 30)], settings);
  assert.deepEqual(recorded, { rows: 3, duplicates: 0 });
  assert.deepEqual(await readCounts(), [10, -20, 30]);
  assert.equal(await readTotals(), 3);
  const [inbox] = await query(
    'SELECT COUNT(*) AS ids, MIN(expires_at > NOW() + INTERVAL 59 MINUTE AND expires_at < NOW() + INTERVAL 61 MINUTE) AS inAnHour FROM inbox',
  );
  assert.deepEqual({ ...inbox }, { ids: 2, inAnHour: 1 });
});

test('the transaction of counts has this text', async (t) => {
  const { connect, settings: server } = await createTestLedger(t);
  const texts: string[] = [];
  const port = await createMysqlSteps(t, server.port, {
    hold: () => assert.fail('nothing is held'),
    pass: async (step, text) => {
      if (step === 'transaction sent') texts.push(text);
    },
  });
  await recordBatches(connect(port), [batchOf(2, 30), { ...batchOf(1, 10, -20), isKeyed: true }], settings);
  const [first, second] = [1, 2].map((number) => batchOf(number).batchId);
  assert.deepEqual(texts, [
    'START TRANSACTION; ' +
      `INSERT INTO inbox (batch_id, expires_at) VALUES (x'${first}', CURRENT_TIMESTAMP + INTERVAL 48 HOUR),(x'${second}', CURRENT_TIMESTAMP + INTERVAL 1 HOUR); ` +
      'INSERT INTO `count` (count_value) VALUES (10),(-20),(30); ' +
      'INSERT INTO totals (slot, rows_count) VALUES (3, 3) ON DUPLICATE KEY UPDATE rows_count = rows_count + 3; ' +
      'COMMIT',
  ]);
});

test('the id of a batch with an idempotency key is kept for at least 48 hours', async (t) => {
  const { connect, query } = await createTestLedger(t);
  const ledger = connect();
  await recordBatches(ledger, [batchOf(1, 10), { ...batchOf(2, 20), isKeyed: true }], settings);
  await recordBatches(ledger, [{ ...batchOf(3, 30), isKeyed: true }], { ...settings, inboxHours: 72 });
  const inbox = await query(
    'SELECT ROUND(TIMESTAMPDIFF(SECOND, NOW(), expires_at) / 3600) AS hours FROM inbox ORDER BY batch_id',
  );
  assert.deepEqual(
    inbox.map((row) => Number(row['hours'])),
    [1, 48, 72],
  );
});

test('an error does not contain the text of its statement, which has all the counts', async (t) => {
  const { connect, query } = await createTestLedger(t);
  await query('DROP TABLE totals');
  await assert.rejects(recordBatches(connect(), [batchOf(1, 123_456_789)], settings), (error: Error) => {
    assert.doesNotMatch(inspect(error, { showHidden: true }), /123456789/);
    return true;
  });
});

test('a duplicate batch is skipped, and the batches next to it are recorded', async (t) => {
  const { connect, readCounts, readTotals } = await createTestLedger(t);
  const ledger = connect();
  await recordBatches(ledger, [batchOf(1, 10), batchOf(3, 30)], settings);
  const recorded = await recordBatches(ledger, [batchOf(3, 30), batchOf(2, 20), batchOf(1, 10)], settings);
  assert.deepEqual(recorded, { rows: 1, duplicates: 2 });
  assert.deepEqual(await recordBatches(ledger, [batchOf(1, 10)], settings), { rows: 0, duplicates: 1 });
  assert.deepEqual(await readCounts(), [10, 30, 20]);
  assert.equal(await readTotals(), 3);
});

test('the same batch twice in one call is recorded once', async (t) => {
  const { connect, readCounts, readTotals } = await createTestLedger(t);
  const recorded = await recordBatches(connect(), [batchOf(1, 10), batchOf(1, 10)], settings);
  assert.deepEqual(recorded, { rows: 1, duplicates: 1 });
  assert.deepEqual(await readCounts(), [10]);
  assert.equal(await readTotals(), 1);
});

test('concurrent recordings of overlapping batches record each once', async (t) => {
  const { connect, readCounts, readTotals } = await createTestLedger(t);
  const batches = Array.from({ length: 60 }, (_, index) => batchOf(index, index));
  const ledgers = Array.from({ length: 4 }, () => connect());
  const recordUntilDone = async (ledger: LedgerConnection, index: number) => {
    const mine = batches.slice(index * 10, index * 10 + 30).toReversed();
    for (;;) {
      try {
        return await recordBatches(ledger, mine, { ...settings, shard: index });
      } catch (error) {
        // The caller must retry a deadlock, as the consumer does.
        assert.match(String(error), /Deadlock|Lock wait/);
      }
    }
  };
  await Promise.all(ledgers.map(recordUntilDone));
  assert.deepEqual(
    (await readCounts()).toSorted((a, b) => a - b),
    Array.from({ length: 60 }, (_, index) => index),
  );
  assert.equal(await readTotals(), 60);
});

test('a transaction that fails in the middle leaves no trace', async (t) => {
  const { connect, query, readCounts } = await createTestLedger(t);
  await query('RENAME TABLE totals TO hidden');
  const ledger = connect();
  await assert.rejects(recordBatches(ledger, [batchOf(1, 10)], settings), { errno: 1146 });
  assert.deepEqual(await readCounts(), []);
  assert.deepEqual(await query('SELECT * FROM inbox'), []);
  await query('RENAME TABLE hidden TO totals');
  assert.deepEqual(await recordBatches(ledger, [batchOf(1, 10)], settings), { rows: 1, duplicates: 0 });
});

test('a transaction that waits too long for a lock leaves no trace', async (t) => {
  const { connect, query, readCounts } = await createTestLedger(t);
  await query('INSERT INTO totals (slot, rows_count) VALUES (?, 0)', [settings.shard]);
  await connect().run(async (other) => {
    await other.query('START TRANSACTION; SELECT * FROM totals FOR UPDATE');
    await assert.rejects(recordBatches(connect(), [batchOf(1, 10)], { ...settings, deadlineMs: 20_000 }), {
      errno: 1205,
    });
    await other.query('ROLLBACK');
  }, 30_000);
  assert.deepEqual(await readCounts(), []);
  assert.deepEqual(await query('SELECT * FROM inbox'), []);
});

test('a COMMIT whose answer is lost is detected as done', async (t) => {
  const { connect, settings: mysql, readCounts, readTotals } = await createTestLedger(t);
  const proxy = await createProxy(t, mysql.port);
  const ledger = connect(proxy.port);
  await ledger.run((connection) => connection.ping(), 5_000);
  proxy.swallowReplies(true);
  const attempt = recordBatches(ledger, [batchOf(1, 10)], { ...settings, deadlineMs: 1_000 });
  await assert.rejects(attempt, { code: 'LEDGER_TIMEOUT' });
  await waitUntil(async () => (await readTotals()) === 1);
  proxy.swallowReplies(false);
  assert.deepEqual(await recordBatches(ledger, [batchOf(1, 10)], settings), { rows: 0, duplicates: 1 });
  assert.deepEqual(await readCounts(), [10]);
});

const sqlMode = 'STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION';

test('the session takes no gap locks, times out on locks, and truncates nothing', async (t) => {
  const { connect, query } = await createTestLedger(t);
  const seen = await connect().run(async (connection) => {
    const [rows] = await connection.query(
      "SHOW SESSION VARIABLES WHERE Variable_name IN ('innodb_lock_wait_timeout', 'wait_timeout', 'sql_mode', 'time_zone')",
    );
    // MySQL calls it transaction_isolation, MariaDB 10.11 tx_isolation. The test checks the level
    // that a transaction gets.
    await connection.query('START TRANSACTION; INSERT INTO totals (slot, rows_count) VALUES (1, 1)');
    const isolation = await query(
      'SELECT trx_isolation_level AS level FROM information_schema.innodb_trx WHERE trx_mysql_thread_id = ?',
      [connection.threadId],
    );
    await connection.query('ROLLBACK');
    return { variables: rows, isolation };
  }, 5_000);
  assert.deepEqual(
    Object.fromEntries(
      (seen.variables as { Variable_name: string; Value: string }[]).map((row) => [row.Variable_name, row.Value]),
    ),
    { innodb_lock_wait_timeout: '5', wait_timeout: '15', sql_mode: sqlMode, time_zone: '+00:00' },
  );
  assert.equal(seen.isolation[0]?.['level'], 'READ COMMITTED');
});

test('the total is the sum over shards, and the latest value that of the highest id', async (t) => {
  const { connect } = await createTestLedger(t);
  const ledger = connect();
  assert.deepEqual(await readTotal(ledger, 5_000), { rowsCount: 0, latestValue: 0 });
  await recordBatches(ledger, [batchOf(1, 5, 6)], { ...settings, shard: 0 });
  await recordBatches(ledger, [batchOf(2, -7)], { ...settings, shard: 15 });
  assert.deepEqual(await readTotal(ledger, 5_000), { rowsCount: 3, latestValue: -7 });
});
