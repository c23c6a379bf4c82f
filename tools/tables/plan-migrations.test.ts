import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tablesAfter } from '@sluice/table/migration.ts';
import type { StoredColumn } from '@sluice/table/stored-table.ts';
import { planMigrations } from './plan-migrations.ts';

const column = (name: string, sqlType: string, isOptional = false): StoredColumn => ({ name, sqlType, isOptional });
const tableOf = (...columns: readonly StoredColumn[]) => ({ name: 'page_view', columns });
const types = ['VARCHAR(20)', 'DECIMAL(12, 4)', 'CHAR(36) CHARACTER SET ascii', 'DATETIME(3)', 'JSON', 'BIGINT'];
const before = tableOf(...types.map((type, index) => column(`c${index}`, type, index % 2 === 1)));

test('the migrations of a new table make the table that is declared', () => {
  const { files, refusals } = planMigrations([before], [], ['README.md', '007-other.sql']);
  assert.deepEqual(refusals, []);
  assert.deepEqual(
    files.map(({ name }) => name),
    ['008-page-view.sql'],
  );
  assert.deepEqual(tablesAfter(files), [before]);
  assert.deepEqual(planMigrations([before], tablesAfter(files), []), { files: [], refusals: [], undeclared: [] });
});

test('a new optional column, a longer text and an optional one get a file each', () => {
  const [text, ...others] = before.columns;
  assert.ok(text !== undefined);
  const after = tableOf(
    ...[{ ...text, sqlType: 'VARCHAR(21)' }, ...others.map(({ name, sqlType }) => column(name, sqlType, true))],
    column('referrer', 'VARCHAR(9)', true),
  );
  const created = planMigrations([before], [], []).files;
  const names = created.map(({ name }) => name);
  const { files, refusals } = planMigrations([after], [before], names);
  assert.deepEqual(refusals, []);
  assert.deepEqual(
    files.map(({ name }) => name),
    ['002-page-view-c0.sql', '003-page-view-c2.sql', '004-page-view-c4.sql', '005-page-view-referrer.sql'],
  );
  assert.deepEqual(tablesAfter([...created, ...files]), [after]);
});

test('every other change is refused with what to do instead, and nothing is written', () => {
  const [first, second, ...others] = before.columns;
  assert.ok(first !== undefined && second !== undefined);
  const changes = {
    'cannot be removed or renamed.*new table': tableOf(first, ...others),
    'must be .optional\\(\\)': tableOf(...before.columns, column('referrer', 'BIGINT')),
    'must be behind the others': tableOf(first, column('referrer', 'BIGINT', true), second, ...others),
    'order of columns cannot change. Restore it: c0, c1': tableOf(second, first, ...others),
    'cannot become shorter \\(20 to 19': tableOf(column('c0', 'VARCHAR(19)'), second, ...others),
    'cannot change from VARCHAR\\(20\\) to BIGINT': tableOf(column('c0', 'BIGINT'), second, ...others),
    'cannot become required': tableOf(first, { ...second, isOptional: false }, ...others),
  };
  for (const [reason, after] of Object.entries(changes)) {
    const { files, refusals } = planMigrations([{ ...before, name: 'new' }, after], [before], []);
    assert.deepEqual(files, []);
    assert.match(refusals.join('\n'), new RegExp(`page_view.*${reason}`));
  }
});

test('a table that is declared no more keeps its migrations', () => {
  assert.deepEqual(planMigrations([], [before], []), { files: [], refusals: [], undeclared: ['page_view'] });
});
