import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startLocalMysql } from '@sluice/test-servers/servers-of-npm-start.ts';
import { testFile } from '@sluice/test-servers/test-file.ts';
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';
import { connectLedger } from './connection.ts';
import { importDump } from '../dump/import-dump.ts';
import { migrate } from '../migrate.ts';
import { purgeInbox } from '../purge-inbox.ts';
import { readPage } from '../read-page.ts';
import { readTotal } from '../read-total.ts';
import { recordBatches } from '../record.ts';
import { inSession } from './session.ts';
import { verifyTotals } from '../verify-totals.ts';

/** Session variables: a global value that Sluice cannot use, and the value that Sluice needs. */
const variables: Readonly<Record<string, readonly [globally: string, pinned: string]>> = {
  autocommit: ['0', 'ON'],
  completion_type: ["'RELEASE'", 'NO_CHAIN'],
  tx_isolation: ["'SERIALIZABLE'", 'READ-COMMITTED'],
  transaction_isolation: ["'SERIALIZABLE'", 'READ-COMMITTED'],
  tx_read_only: ['1', 'OFF'],
  transaction_read_only: ['1', 'OFF'],
  innodb_lock_wait_timeout: ['77', '5'],
  wait_timeout: ['777', '15'],
  time_zone: ["'+05:00'", '+00:00'],
  sql_mode: [
    "'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,NO_UNSIGNED_SUBTRACTION'",
    'STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',
  ],
  foreign_key_checks: ['0', 'ON'],
  unique_checks: ['0', 'ON'],
  sql_safe_updates: ['1', 'OFF'],
  sql_select_limit: ['1', '18446744073709551615'],
  sql_big_selects: ['0', 'ON'],
  sql_auto_is_null: ['1', 'OFF'],
  max_statement_time: ['5', '0.000000'],
  max_execution_time: ['5000', '0'],
  character_set_client: ["'latin1'", 'utf8mb4'],
  character_set_results: ["'latin1'", 'utf8mb4'],
  character_set_connection: ["'latin1'", 'utf8mb4'],
  collation_connection: ["'latin1_bin'", 'utf8mb4_general_ci'],
};

const { server } = await startLocalMysql(testFile);
const deadlineMs = 10_000;

const readVariables = async (connection: Pick<Connection, 'query'>): Promise<Record<string, string>> => {
  const [rows] = await connection.query<RowDataPacket[]>('SHOW SESSION VARIABLES');
  const all = rows.map((row) => [String(row['Variable_name']), String(row['Value'])] as const);
  return Object.fromEntries(all.filter(([name]) => name in variables));
};

test('every connection works the same, whatever the global variables of the server', async (t) => {
  const { host, port, user, password } = server;
  const login = async () => ({ username: user, password });
  const settings = { host, port, database: 'pinned', tls: false, login };
  const admin = await createConnection(server);
  t.after(() => admin.end());
  const known = Object.keys(await readVariables(admin));
  assert.ok(known.length > 15);
  for (const name of known) await admin.query(`SET GLOBAL ${name} = ${variables[name]?.[0]}`);

  assert.ok((await migrate(settings)).applied.length > 0);
  assert.deepEqual((await migrate(settings)).applied, []);

  const pinned = Object.fromEntries(known.map((name) => [name, variables[name]?.[1]]));
  const ledger = connectLedger(settings);
  t.after(ledger.close);
  assert.deepEqual(await ledger.run(readVariables, deadlineMs), pinned);
  assert.deepEqual(await inSession(settings, readVariables), pinned);

  const batch = { batchId: 'ab'.repeat(16), list: '1,2', size: 2, isKeyed: false };
  const recording = { shard: 1, inboxHours: 1, deadlineMs };
  assert.deepEqual(await recordBatches(ledger, [batch], recording), { rows: 2, duplicates: 0 });
  assert.deepEqual(await recordBatches(ledger, [batch], recording), { rows: 0, duplicates: 1 });
  await ledger.run((connection) => connection.query('UPDATE inbox SET expires_at = CURRENT_TIMESTAMP'), deadlineMs);
  assert.equal(await purgeInbox(ledger, 10, deadlineMs), 1);
  // Another connection sees the removal and waits for no lock.
  const other = connectLedger(settings);
  t.after(other.close);
  assert.equal(await purgeInbox(other, 10, deadlineMs), 0);
  assert.deepEqual(await recordBatches(other, [batch], recording), { rows: 2, duplicates: 0 });

  const folder = mkdtempSync(join(tmpdir(), 'sluice-dump-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const dump = join(folder, 'dump.sql');
  writeFileSync(dump, 'INSERT INTO `count` (count_value) VALUES (7),(8);\n');
  const imported = await importDump(settings, dump, { takesNewIds: true, onProgress: () => undefined });
  assert.deepEqual([imported.rows, imported.total], [2, 6]);
  assert.deepEqual(await readTotal(other, deadlineMs), { rowsCount: 6, latestValue: 8 });
  assert.equal((await readPage(other, { limit: 10, before: undefined }, deadlineMs)).counts.length, 6);
  assert.deepEqual(await verifyTotals(other, deadlineMs), { total: 6n, rowsCount: 6n });
});
