import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { addColumnSqlOf, createTableSqlOf, modifyColumnSqlOf } from '@sluice/table/sql.ts';
import { createTestSchema } from '@sluice/test-servers/ledger.ts';
import { migrate } from '../migrate.ts';

// A column of each type that a table may have.
const types = [
  ...['VARCHAR(200)', 'DECIMAL(12, 4)', 'BIGINT', 'DOUBLE', 'BOOLEAN', 'DATETIME(3)'],
  ...['CHAR(36) CHARACTER SET ascii', 'JSON'],
];
const columns = types.map((sqlType, index) => ({ name: `c${index}`, sqlType, isOptional: index % 2 === 0 }));
const added = types.map((sqlType, index) => ({ name: `d${index}`, sqlType, isOptional: true }));

const setUp = async (t: TestContext) => {
  const schema = await createTestSchema(t);
  const tables = mkdtempSync(join(tmpdir(), 'sluice-migrations-'));
  t.after(() => rmSync(tables, { recursive: true }));
  const write = (name: string, statement: string) => writeFileSync(join(tables, name), statement);
  const run = () => migrate(schema.settings, { tables });
  return { ...schema, write, run, remove: (name: string) => rmSync(join(tables, name)) };
};

test('migrations of tables are applied once, behind those of Sluice, under names of their own', async (t) => {
  const { query, write, run } = await setUp(t);
  write('001-count.sql', createTableSqlOf({ name: 'page_view', columns }));
  const { applied } = await run();
  assert.equal(applied.at(-1), 'tables/001-count.sql');
  assert.equal(applied.filter((name) => name.startsWith('tables/')).length, 1);
  write('002-wider.sql', modifyColumnSqlOf('page_view', { name: 'c0', sqlType: 'VARCHAR(300)', isOptional: true }));
  assert.deepEqual((await run()).applied, ['tables/002-wider.sql']);
  assert.deepEqual(await run(), { applied: [], newer: [] });
  await query("INSERT INTO page_view (c0, c1, c3, c5, c7) VALUES (REPEAT('😀', 300), 1, 2, NOW(), '{}')");
});

test('an interrupted set-up repeats every kind of migration', async (t) => {
  const { query, write, run } = await setUp(t);
  write('001-page-view.sql', createTableSqlOf({ name: 'page_view', columns }));
  for (const [index, column] of added.entries()) write(`10${index}-added.sql`, addColumnSqlOf('page_view', column));
  write('200-wider.sql', modifyColumnSqlOf('page_view', { name: 'c0', sqlType: 'VARCHAR(300)', isOptional: true }));
  write('300-index.sql', 'CREATE INDEX by_c2 ON page_view (c2)');
  write('301-check.sql', 'ALTER TABLE page_view ADD CONSTRAINT positive CHECK (c2 > 0)');
  write('302-drop.sql', 'ALTER TABLE page_view DROP INDEX by_c2');
  const { applied } = await run();
  // Simulates a kill between each statement and its record in `migrations`.
  for (const name of applied.filter((file) => file.startsWith('tables/') && !file.includes('001-'))) {
    await query('DELETE FROM migrations WHERE name = ?', [name]);
    // The index exists no more, so this statement alone has to be repeated with its successor.
    if (name.includes('300-')) await query("DELETE FROM migrations WHERE name = 'tables/302-drop.sql'");
    await run();
  }
  assert.deepEqual(await run(), { applied: [], newer: [] });
});

test('a table or a column that exists already and is another one is refused by name', async (t) => {
  const { query, write, run, remove } = await setUp(t);
  write('001-page-view.sql', createTableSqlOf({ name: 'page_view', columns }));
  await run();
  await query('ALTER TABLE page_view ADD COLUMN referrer INT NOT NULL');
  write('002-added.sql', addColumnSqlOf('page_view', { name: 'referrer', sqlType: 'VARCHAR(20)', isOptional: true }));
  await assert.rejects(run(), {
    code: 'TABLE_DIFFERS',
    message: /tables\/002-added.sql: .*page_view\.referrer is int\S* NOT NULL instead of varchar\(20\) NULL/,
  });
  remove('002-added.sql');
  await query('CREATE TABLE vote (id INT)');
  write('002-vote.sql', createTableSqlOf({ name: 'vote', columns }));
  await assert.rejects(run(), { code: 'TABLE_DIFFERS', message: /vote\.c0 is missing, vote\.c1 is missing/ });
});

test('changed, missing and newer migrations of tables are found as those of Sluice are', async (t) => {
  const { query, write, run, remove } = await setUp(t);
  write('001-page-view.sql', createTableSqlOf({ name: 'page_view', columns }));
  write('003-vote.sql', createTableSqlOf({ name: 'vote', columns }));
  await run();
  remove('003-vote.sql');
  assert.deepEqual(await run(), { applied: [], newer: ['tables/003-vote.sql'] });
  write('003-vote.sql', createTableSqlOf({ name: 'vote', columns: columns.slice(1) }));
  await assert.rejects(run(), { code: 'MIGRATION_CHANGED', message: /tables\/003-vote\.sql/ });
  write('003-vote.sql', createTableSqlOf({ name: 'vote', columns }));
  remove('001-page-view.sql');
  await assert.rejects(run(), { code: 'MIGRATION_MISSING', message: /tables\/001-page-view\.sql/ });
  assert.equal((await query("SHOW TABLES LIKE 'page_view'")).length, 1);
});

test('a statement that no table may have is refused before it runs', async (t) => {
  const { query, write, run } = await setUp(t);
  write('001-drop.sql', 'DROP TABLE `count`');
  await assert.rejects(run(), { code: 'TABLE_MIGRATIONS_INVALID', message: /tables\/001-drop\.sql/ });
  assert.equal((await query("SHOW TABLES LIKE 'count'")).length, 1);
});
