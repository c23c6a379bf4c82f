import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMigration, tablesAfter } from './migration.ts';
import { addColumnSqlOf, createTableSqlOf, modifyColumnSqlOf } from './sql.ts';

const visitor = { name: 'visitor', sqlType: 'CHAR(36) CHARACTER SET ascii', isOptional: false };
const path = { name: 'path', sqlType: 'VARCHAR(20)', isOptional: true };
const table = { name: 'page_view', columns: [visitor, path] };
const create = { name: '001-page-view.sql', statement: `-- Views.\n${createTableSqlOf(table)};\n` };

test('indexes and rules may be written by hand, and nothing else', () => {
  for (const statement of [
    '-- For the report.\nCREATE INDEX by_path ON page_view (path);\n',
    "ALTER TABLE page_view ADD CONSTRAINT no_blank CHECK (path <> '')",
    'alter table `page_view` drop index by_path',
  ])
    assert.deepEqual(parseMigration(statement), { kind: 'rule' });
  for (const statement of [
    'DROP TABLE page_view',
    'ALTER TABLE page_view ADD referrer INT',
    'ALTER TABLE page_view DROP COLUMN path',
    'INSERT INTO page_view VALUES (1)',
    createTableSqlOf(table).replace('id BIGINT', 'id INT'),
    createTableSqlOf(table).replace(' NULL,', ','),
    '',
  ])
    assert.equal(parseMigration(statement), undefined, statement);
});

test('files that do not fit together are named, all at once', () => {
  const wider = { ...path, sqlType: 'VARCHAR(30)' };
  const files = [
    create,
    { name: '002-wider.sql', statement: modifyColumnSqlOf('page_view', wider) },
    { name: '003-again.sql', statement: addColumnSqlOf('page_view', path) },
    { name: '004-unknown.sql', statement: modifyColumnSqlOf('page_view', { ...path, name: 'other' }) },
    { name: '005-no-table.sql', statement: addColumnSqlOf('vote', path) },
    { name: '006-twice.sql', statement: createTableSqlOf(table) },
    { name: '007-by-hand.sql', statement: 'DROP TABLE page_view' },
  ];
  assert.throws(() => tablesAfter(files), {
    code: 'TABLE_MIGRATIONS_INVALID',
    message: /003-again.*\n.*004-unknown.*\n.*005-no-table.*\n.*006-twice.*\n.*007-by-hand/,
  });
  assert.deepEqual(tablesAfter(files.slice(0, 2)), [{ name: 'page_view', columns: [visitor, wider] }]);
});
