import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTables } from '@sluice/table/read-tables.ts';
import { storedTableOf } from '@sluice/table/stored-table.ts';
import { createTestLedger } from '@sluice/test-servers/ledger.ts';
import { createTestTables, tables as declarations } from '@sluice/test-servers/tables.ts';
import { checkTables } from './check-tables.ts';

const tables = readTables(declarations).map(storedTableOf);

test('a declared table that is missing or lacks a part is a finding, and what a newer release added is none', async (t) => {
  const { query, connect } = await createTestLedger(t);
  await createTestTables(query);
  const ledger = connect();
  const check = () => checkTables(ledger, tables, 5_000);
  assert.deepEqual(await check(), []);
  assert.deepEqual(await checkTables(ledger, [], 5_000), []);
  for (const statement of [
    'ALTER TABLE vote MODIFY COLUMN choice VARCHAR(4000) NULL',
    'ALTER TABLE vote ADD COLUMN reason VARCHAR(20) NULL',
    // A table of another collation, such as one that was made by hand.
    'ALTER TABLE vote CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci',
  ])
    await query(statement);
  assert.deepEqual(await check(), []);

  await query('RENAME TABLE sensor_reading TO hidden');
  await query('ALTER TABLE vote MODIFY COLUMN choice VARCHAR(10) NOT NULL, DROP COLUMN recorded_at');
  await query(
    'ALTER TABLE page_view DROP COLUMN path, MODIFY COLUMN plan VARCHAR(4) NOT NULL, MODIFY COLUMN clicks INT',
  );
  const findings = await check();
  const [view, reading, vote] = findings;
  assert.ok(findings.every(({ severity }) => severity === 'warning'));
  assert.deepEqual([view?.code, reading?.code, vote?.code], ['table_differs', 'table_missing', 'table_differs']);
  assert.match(view?.detail ?? '', /: path is missing, clicks is int\S* NULL instead of bigint NOT NULL, plan is /);
  assert.match(reading?.detail ?? '', /no table sensor_reading.*Run the set-up of the database/);
  assert.match(
    vote?.detail ?? '',
    /choice is varchar\(10\) NOT NULL instead of varchar\(20\) NOT NULL, recorded_at is missing/,
  );
});
