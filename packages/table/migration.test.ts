import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMigration, tablesAfter } from './migration.ts';
import { addColumnSqlOf, createTableSqlOf, modifyColumnSqlOf } from './sql.ts';

const visitor = { name: 'visitor', sqlType: 'CHAR(36) CHARACTER SET ascii', isOptional: false };
const path = { name: 'path', sqlType: 'VARCHAR(20)', isOptional: true };
const table = { name: 'page_view', columns: [visitor, path] };
const create = { name: '001-page-view.sql', statement: `-- Views.\n${createTableSqlOf(table)};\n` };

for (const statement of [
  '-- For the report.\nCREATE INDEX by_path ON page_view (path);\n',
  'CREATE UNIQUE INDEX by_path USING BTREE ON `page_view`(path, `visitor`) COMMENT "one, two; three" -- why\n',
  "ALTER TABLE page_view ADD CONSTRAINT no_blank CHECK (path <> '')",
  "-- why\nALTER TABLE page_view\n\tADD CONSTRAINT `a,b` CHECK (path <> ';, \\' DROP' OR (path) IN ('''', ','));",
  "ALTER TABLE page_view\r\n  ADD CHECK (path <> '/*! not a comment */' AND path <> '-- nor this')\r\n",
  '# note\nALTER TABLE page_view ADD FULLTEXT KEY words (path)',
  '/* one, two; */ alter table `page_view` drop index by_path # end',
  'ALTER TABLE page_view DROP FOREIGN KEY one',
  'ALTER TABLE page_view ADD UNIQUE(path)',
])
  test(`a user may write: ${JSON.stringify(statement)}`, () =>
    assert.deepEqual(parseMigration(statement), { kind: 'rule', tableName: 'page_view' }));

const add = 'ALTER TABLE page_view ADD CONSTRAINT q';
for (const [reason, statements] of Object.entries({
  'is no statement of npm run tables. By hand, write only CREATE INDEX, or ALTER TABLE': [
    'DROP TABLE page_view',
    'ALTER TABLE page_view ADD referrer INT',
    'ALTER TABLE page_view DROP COLUMN path',
    'ALTER TABLE page_view DROP COLUMN path # ADD INDEX',
    'ALTER TABLE page_view DROP `index`',
    'ALTER TABLE page_view ADD INDEXED INT',
    'ALTER TABLE other.page_view ADD INDEX (path)',
    'INSERT INTO page_view VALUES (1)',
    createTableSqlOf(table).replace('id BIGINT', 'id INT'),
    createTableSqlOf(table).replace(' NULL,', ','),
    '',
  ],
  'does more than one thing': [
    `${add} CHECK (path <> ''), DROP COLUMN path`,
    'ALTER TABLE page_view DROP INDEX x , DROP COLUMN path',
    'ALTER TABLE page_view ADD INDEX x (path)/* , */,DROP path',
    `${add} CHECK (path <> '\\''), DROP path, ADD CHECK ('' = '')`,
    `${add} CHECK (path <> ''''), DROP path`,
    `${add} CHECK (path <> "(" OR path <> "'"), DROP path, ADD CHECK (path <> ")'")`,
    'ALTER TABLE page_view ADD INDEX `(`(path), DROP path, ADD INDEX `)`(path)',
    `${add} CHECK (path > 1 --1), DROP path`,
    `${add} CHECK (path > 1) --\u0001'\n, DROP path -- '`,
  ],
  'has more than one statement': [
    `${add} CHECK (path <> ''); DROP TABLE page_view`,
    'CREATE INDEX x ON page_view (path); -- two\n;',
    'DROP TABLE page_view; CREATE INDEX x ON page_view (path)',
  ],
  'has a comment that a server runs': [
    'ALTER TABLE page_view ADD INDEX x (path) /*!, DROP COLUMN path */',
    'ALTER TABLE page_view ADD INDEX x (path) /*!80000 , DROP COLUMN path */',
    'ALTER TABLE page_view ADD INDEX x (path) /*M!100100 , DROP COLUMN path */',
    '/*! DROP TABLE page_view */',
  ],
  'changes partitions': [
    'ALTER TABLE page_view ADD INDEX x (path) PARTITION BY HASH (id)',
    'ALTER TABLE page_view DROP INDEX x REMOVE PARTITIONING',
  ],
}))
  for (const statement of statements)
    test(`a file ${reason}: ${JSON.stringify(statement)}`, () => {
      const refused = parseMigration(statement);
      assert.ok('reason' in refused && refused.reason.startsWith(reason), JSON.stringify(refused));
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
    { name: '008-own.sql', statement: 'ALTER TABLE `count` ADD CONSTRAINT q CHECK (count_value > 0)' },
    { name: '009-index.sql', statement: 'CREATE INDEX by_path ON page_view (path)' },
    { name: '010-vote.sql', statement: 'CREATE INDEX by_path ON vote (path)' },
  ];
  assert.throws(() => tablesAfter(files), {
    code: 'TABLE_MIGRATIONS_INVALID',
    message:
      /003-again.*\n.*004-unknown.*\n.*005-no-table.*\n.*006-twice.*\n.*007-by-hand.*\n.*008-own\.sql changes the table count, which no file before it creates.*\n.*010-vote/,
  });
  assert.deepEqual(tablesAfter(files.slice(0, 2)), [{ name: 'page_view', columns: [visitor, wider] }]);
});
