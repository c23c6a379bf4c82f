import type { MigrationFile } from '@sluice/table/migration.ts';
import { addColumnSqlOf, createTableSqlOf, modifyColumnSqlOf } from '@sluice/table/sql.ts';
import type { StoredColumn, StoredTable } from '@sluice/table/stored-table.ts';

/** The migrations that declarations need, and the changes that no migration may make. */
export type MigrationPlan = {
  readonly files: readonly MigrationFile[];
  /** One line for each change, with what to do instead. */
  readonly refusals: readonly string[];
  /** Tables that have migrations and are declared no more. */
  readonly undeclared: readonly string[];
};

type Step = { readonly label: string; readonly statement: string };

/**
 * Compares the declared tables with those that the migrations make. Migrations only expand: rows
 * of the release before must fit into the tables of this one, and its producers and consumers must
 * work on them.
 *
 * @param names Names of the files that exist.
 */
export const planMigrations = (
  declared: readonly StoredTable[],
  stored: readonly StoredTable[],
  names: readonly string[],
): MigrationPlan => {
  const before = new Map(stored.map((table) => [table.name, table]));
  const refusals: string[] = [];
  const steps = declared.flatMap((table): Step[] => {
    const known = before.get(table.name);
    if (known === undefined) return [{ label: table.name, statement: createTableSqlOf(table) }];
    const found = compareColumns(known, table);
    refusals.push(...found.refusals);
    return found.steps;
  });
  const last = Math.max(0, ...names.map((name) => Number.parseInt(name, 10)).filter(Number.isInteger));
  const files = steps.map(({ label, statement }, index) => ({
    name: `${String(last + 1 + index).padStart(3, '0')}-${label.replaceAll('_', '-')}.sql`,
    statement: `${statement}\n`,
  }));
  const isDeclared = new Set(declared.map(({ name }) => name));
  const undeclared = stored.map(({ name }) => name).filter((name) => !isDeclared.has(name));
  return { files: refusals.length > 0 ? [] : files, refusals, undeclared };
};

const compareColumns = (before: StoredTable, after: StoredTable) => {
  const table = after.name;
  const steps: Step[] = [];
  const refusals: string[] = [];
  const refuse = (column: string, reason: string) => refusals.push(`${table}.${column}: ${reason}.`);
  const kept = new Map(after.columns.map((column) => [column.name, column]));
  for (const { name } of before.columns) {
    if (!kept.has(name)) {
      refuse(
        name,
        'a column cannot be removed or renamed. Declare it as .optional() at its place, or declare a new table',
      );
    }
  }
  const known = new Map(before.columns.map((column) => [column.name, column]));
  const order = after.columns.filter(({ name }) => known.has(name)).map(({ name }) => name);
  for (const [index, column] of after.columns.entries()) {
    const was = known.get(column.name);
    const label = `${table}_${column.name}`;
    if (was === undefined) {
      if (!column.isOptional) refuse(column.name, 'a new column must be .optional(): older rows do not have it');
      else if (index < order.length) refuse(column.name, 'a new column must be behind the others. Move it to the end');
      else steps.push({ label, statement: addColumnSqlOf(table, column) });
      continue;
    }
    if (refusals.length === 0 && before.columns[index]?.name !== column.name) {
      refuse(column.name, `the order of columns cannot change. Restore it: ${[...known.keys()].join(', ')}`);
      break;
    }
    const reason = reasonAgainst(was, column);
    if (reason !== undefined) refuse(column.name, reason);
    else if (was.sqlType !== column.sqlType || was.isOptional !== column.isOptional) {
      steps.push({ label, statement: modifyColumnSqlOf(table, column) });
    }
  }
  return { steps, refusals };
};

/** Returns the reason that a column may not change so, or undefined. */
const reasonAgainst = (before: StoredColumn, after: StoredColumn): string | undefined => {
  if (before.isOptional && !after.isOptional) {
    return 'an optional column cannot become required: older rows may not have it. Restore .optional(), or declare a new table';
  }
  if (before.sqlType === after.sqlType) return undefined;
  const [from, to] = [lengthOf(before.sqlType), lengthOf(after.sqlType)];
  if (from !== undefined && to !== undefined) {
    return to > from
      ? undefined
      : `a text cannot become shorter (${from} to ${to} characters): older rows may be longer. Restore the length, or declare a new table`;
  }
  return `a column cannot change from ${before.sqlType} to ${after.sqlType}. Restore its type, and add an optional column or declare a new table`;
};

const lengthOf = (sqlType: string): number | undefined => {
  const [, length] = /^VARCHAR\((\d+)\)$/.exec(sqlType) ?? [];
  return length === undefined ? undefined : Number(length);
};
