import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { readTables } from '@sluice/table/read-tables.ts';
import { createTestLedger } from '@sluice/test-servers/ledger.ts';
import { createTestTables, tables as declarations } from '@sluice/test-servers/tables.ts';
import { readDeclared } from './read-declared.ts';
import { readRows, readTableTotal } from './read-rows.ts';

const declared = readTables(declarations).find(({ name }) => name === 'page_view');
if (declared === undefined) throw new Error('There is no table');
const table = declared;
const patientMs = 20_000;

const setUp = async (t: TestContext) => {
  const { query, connect, settings } = await createTestLedger(t);
  await createTestTables(query);
  await query(
    `INSERT INTO page_view (visitor, path, duration_ms, clicks, viewed_at, is_new, properties)
      VALUES ('0b9ad5d3-7c5f-4d0e-9b1c-2f6a3f1e8d47', '/', 1, 1, '2026-11-26', 1, '{}')`,
  );
  const ledger = connect();
  const reads = (deadlineMs = patientMs, through = ledger) =>
    [
      () => readTableTotal(through, table, deadlineMs),
      () => readRows(through, table, { limit: 5 }, deadlineMs),
      () => readRows(through, table, { limit: 5, after: '0' }, deadlineMs),
    ].map((read) => () => readDeclared<unknown>(through, table, read, deadlineMs));
  return { query, connect, settings, reads };
};

// Each breaks a read with another error of MySQL, or of the program, or with none on one server.
for (const [change, lack] of [
  ['DROP COLUMN plan', /plan is missing/],
  ['DROP COLUMN recorded_at', /recorded_at is missing/],
  ['CHANGE COLUMN id number BIGINT UNSIGNED NOT NULL AUTO_INCREMENT', /id is missing/],
  ['RENAME COLUMN path TO route', /path is missing/],
  ["MODIFY COLUMN properties VARCHAR(9) DEFAULT '{'", /properties is varchar\(9\)/],
] as const) {
  test(`reads of a table after ${change} fail with what differs`, async (t) => {
    const { query, reads } = await setUp(t);
    for (const read of reads()) await read();
    await query(`ALTER TABLE page_view ${change}`);
    if (change.startsWith('MODIFY')) await query("UPDATE page_view SET properties = '{'");
    for (const read of reads()) {
      await assert.rejects(read, ({ code, table: name, finding }: Record<string, unknown>) => {
        assert.deepEqual([code, name], ['TABLE_UNAVAILABLE', 'page_view']);
        assert.match(JSON.stringify(finding), /"table_differs"/);
        assert.match(JSON.stringify(finding), lack);
        return true;
      });
    }
  });
}

test('reads of a table that MySQL does not have, or hides, fail with that', async (t) => {
  const { query, connect, settings, reads } = await setUp(t);
  const user = settings.database;
  await query(`CREATE USER '${user}'@'%' IDENTIFIED BY 'secret'`);
  await query(`GRANT SELECT ON ${settings.database}.table_totals TO '${user}'@'%'`);
  const restricted = connect(settings.port, async () => ({ username: user, password: 'secret' }));
  const failWith = async (code: string, through?: ReturnType<typeof connect>) => {
    for (const read of reads(patientMs, through)) {
      await assert.rejects(read, ({ finding }: { finding?: { code: string } }) => finding?.code === code);
    }
  };
  await failWith('table_missing', restricted);
  await query(`GRANT SELECT (id, recorded_at, path) ON ${settings.database}.page_view TO '${user}'@'%'`);
  await failWith('table_differs', restricted);
  await query('DROP TABLE page_view');
  await failWith('table_missing');
  await query(`DROP USER '${user}'@'%'`);
});

test('reads of a locked table miss their deadline, and say so', async (t) => {
  const { query, reads } = await setUp(t);
  await query('LOCK TABLES page_view WRITE');
  for (const read of reads(300)) {
    await assert.rejects(read, { code: 'TABLE_UNAVAILABLE', finding: undefined, table: 'page_view' });
  }
  await query('UNLOCK TABLES');
  for (const read of reads()) await read();
});
