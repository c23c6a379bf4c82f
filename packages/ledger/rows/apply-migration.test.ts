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
  const remove = (name: string) => rmSync(join(tables, name));
  /** Returns the names of the indexes of `page_view`. */
  const readIndexes = async () =>
    [...new Set((await schema.query('SHOW INDEX FROM page_view')).map((row) => String(row['Key_name'])))].toSorted();
  /** Asserts that a file is refused with this text and is not applied, then removes it. */
  const assertRefused = async (name: string, statement: string, message: RegExp, code = 'MIGRATION_FAILED') => {
    write(name, statement);
    await assert.rejects(run(), { code, message });
    await assert.rejects(run(), { code, message }, 'the next set-up');
    remove(name);
    assert.deepEqual(await run(), { applied: [], newer: [] });
    assert.deepEqual(await schema.query('SELECT name FROM begun_rules WHERE name = ?', [`tables/${name}`]), []);
  };
  return { ...schema, write, run, remove, readIndexes, assertRefused };
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
  const { query, write, run, readIndexes } = await setUp(t);
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
    assert.deepEqual((await run()).applied, [name]);
  }
  assert.deepEqual(await run(), { applied: [], newer: [] });
  assert.deepEqual(await readIndexes(), ['PRIMARY']);
});

test('a rule whose record is missing is not run again if the table has changed, and is run if it has not', async (t) => {
  const { query, write, run, remove, readIndexes } = await setUp(t);
  write('001-page-view.sql', createTableSqlOf({ name: 'page_view', columns }));
  // Without a name, each run makes another index.
  write('002-index.sql', 'ALTER TABLE page_view ADD INDEX (c2)');
  await run();
  await query("INSERT INTO page_view (c1, c3, c5, c7) VALUES (1, 2, NOW(), '{}')");
  const kill = () => query("DELETE FROM migrations WHERE name = 'tables/002-index.sql'");
  await kill();
  assert.deepEqual((await run()).applied, ['tables/002-index.sql']);
  assert.deepEqual(await readIndexes(), ['PRIMARY', 'c2']);
  // Simulates a kill before the statement.
  await kill();
  await query('ALTER TABLE page_view DROP INDEX c2');
  assert.deepEqual((await run()).applied, ['tables/002-index.sql']);
  assert.deepEqual(await readIndexes(), ['PRIMARY', 'c2']);
  // Another statement under the same name was never begun.
  await kill();
  remove('002-index.sql');
  write('002-index.sql', 'CREATE INDEX c2 ON page_view (c1)');
  await assert.rejects(run(), { code: 'MIGRATION_FAILED', message: /Duplicate key name 'c2' \(1061\)/ });
});

test('a rule whose name is taken or missing is refused with its file', async (t) => {
  const { query, write, run, readIndexes, assertRefused } = await setUp(t);
  await query('CREATE TABLE visit (id BIGINT PRIMARY KEY)');
  write('001-page-view.sql', createTableSqlOf({ name: 'page_view', columns }));
  write('002-index.sql', 'CREATE INDEX by_c2 ON page_view (c2)');
  write('003-check.sql', 'ALTER TABLE page_view ADD CONSTRAINT positive CHECK (c2 > 0)');
  const reference = 'FOREIGN KEY (c2) REFERENCES visit (id)';
  write('004-key.sql', `ALTER TABLE page_view ADD CONSTRAINT one ${reference}`);
  await run();
  const notApplied = String.raw`\/005-rule\.sql: .*\(\d+\)\. Correct the file, or .*: it is not applied yet\.$`;
  for (const statement of [
    'CREATE INDEX by_c2 ON page_view (c1)',
    'ALTER TABLE page_view ADD INDEX by_c2 (c1)',
    'ALTER TABLE page_view ADD CONSTRAINT positive CHECK (c2 > 1)',
    `ALTER TABLE page_view ADD CONSTRAINT one ${reference}`,
    'ALTER TABLE page_view DROP CONSTRAINT positiv',
    'ALTER TABLE page_view DROP INDEX by_c',
    'ALTER TABLE page_view DROP FOREIGN KEY on_e',
  ])
    await assertRefused('005-rule.sql', statement, new RegExp(notApplied));
  assert.deepEqual(await readIndexes(), ['PRIMARY', 'by_c2']);
});

test('a rule that changes nothing is refused', async (t) => {
  const { query, write, run, assertRefused } = await setUp(t);
  write('001-page-view.sql', createTableSqlOf({ name: 'page_view', columns }));
  await run();
  const [server] = await query('SELECT VERSION() AS version');
  const isMariaDb = String(server?.['version']).includes('MariaDB');
  const statement = 'ALTER TABLE page_view DROP CONSTRAINT IF EXISTS positiv';
  // MySQL has no IF EXISTS here, and says so.
  if (isMariaDb) {
    const message = /\/002-drop\.sql: the statement changed nothing in page_view\. Correct the file/;
    await assertRefused('002-drop.sql', statement, message, 'RULE_WITHOUT_EFFECT');
  } else await assertRefused('002-drop.sql', statement, /\/002-drop\.sql: .*SQL syntax.*\(1064\)/);
});

test('a statement that MySQL refuses is named by its file, with the reason, the number and the fix', async (t) => {
  const { query, write, run, assertRefused } = await setUp(t);
  write('001-page-view.sql', createTableSqlOf({ name: 'page_view', columns }));
  await run();
  await query("INSERT INTO page_view (c1, c3, c5, c7) VALUES (1, 2, NOW(), '{}'), (1, 2, NOW(), '{}')");
  const add = 'ALTER TABLE page_view ADD CONSTRAINT q';
  for (const [statement, message] of [
    [
      'CREATE INDEX by_x ON page_view (nope)',
      /^\/\S+\/002-rule\.sql: Key column 'nope' doesn't exist in table \(1072\)\. C/,
    ],
    [`${add} CHECK (nope > 0)`, /002-rule\.sql: .*nope.* \((?:1054|3820)\)\. Correct the file/],
    [`${add} CHECK (c1 >)`, /002-rule\.sql: You have an error in your SQL syntax.* \(1064\)\. Correct the file/],
    [
      `${add} CHECK (c1 > 5)`,
      /002-rule\.sql: .* \((?:4025|3819)\)\. Rows of the table break the rule\. Change them or/,
    ],
    [`${add} UNIQUE (c1)`, /002-rule\.sql: Duplicate entry .* \(1062\)\. Rows of the table break the rule\./],
  ] as const)
    await assertRefused('002-rule.sql', statement, message);
  // Also those of `npm run tables`.
  await query('ALTER TABLE page_view DROP COLUMN c0');
  const c0 = modifyColumnSqlOf('page_view', { name: 'c0', sqlType: 'VARCHAR(300)', isOptional: true });
  await assertRefused('002-wider.sql', c0, /002-wider\.sql: Unknown column 'c0' in '?page_view'? \(1054\)\. Correct/);
});

test('a rule that waits too long for its table says so, and the next set-up applies it', async (t) => {
  const { transaction, write, run } = await setUp(t);
  write('001-page-view.sql', createTableSqlOf({ name: 'page_view', columns }));
  await run();
  write('002-rule.sql', 'CREATE INDEX by_c2 ON page_view (c2)');
  await transaction(async (query) => {
    await query('SELECT * FROM page_view', []);
    await assert.rejects(run(), {
      code: 'MIGRATION_FAILED',
      message: /002-rule\.sql: Lock wait timeout.* \(1205\)\. A long transaction uses the table\. Wait for its end/,
    });
  });
  assert.deepEqual((await run()).applied, ['tables/002-rule.sql']);
});

test('a table or a column that exists already and is another one is refused by name', async (t) => {
  const { query, write, run, remove } = await setUp(t);
  write('001-page-view.sql', createTableSqlOf({ name: 'page_view', columns }));
  await run();
  await query('ALTER TABLE page_view ADD COLUMN referrer INT NOT NULL');
  write('002-added.sql', addColumnSqlOf('page_view', { name: 'referrer', sqlType: 'VARCHAR(20)', isOptional: true }));
  await assert.rejects(run(), {
    code: 'TABLE_DIFFERS',
    message: /002-added\.sql: .*page_view\.referrer is int\S* NOT NULL instead of varchar\(20\) NULL/,
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
  await assert.rejects(run(), { code: 'MIGRATION_CHANGED', message: /\/003-vote\.sql was changed/ });
  write('003-vote.sql', createTableSqlOf({ name: 'vote', columns }));
  remove('001-page-view.sql');
  await assert.rejects(run(), { code: 'MIGRATION_MISSING', message: /tables\/001-page-view\.sql/ });
  assert.equal((await query("SHOW TABLES LIKE 'page_view'")).length, 1);
});

test('a statement that no table may have is refused before it runs', async (t) => {
  const { query, write, run } = await setUp(t);
  write('001-drop.sql', 'DROP TABLE `count`');
  await assert.rejects(run(), { code: 'TABLE_MIGRATIONS_INVALID', message: /\/001-drop\.sql is no statement/ });
  assert.equal((await query("SHOW TABLES LIKE 'count'")).length, 1);
});
