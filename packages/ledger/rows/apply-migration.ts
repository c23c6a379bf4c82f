import { parseMigration, MigrationsError } from '@sluice/table/migration.ts';
import type { StoredColumn } from '@sluice/table/stored-table.ts';
import type { Connection } from 'mysql2/promise';
import type { Migration } from '../read-migrations.ts';
import { runMigration } from '../run-migration.ts';
import { applyRule } from './apply-rule.ts';
import { explainFailure } from './explain-failure.ts';
import { lackOf, readStoredColumns } from './stored-columns.ts';

/** A table of the database is not the one that a migration makes. */
export class TableDiffersError extends Error {
  readonly code = 'TABLE_DIFFERS';
}

/**
 * Applies the migration of a declared table. It may run again. Throws a {@link TableDiffersError} if
 * the table or the column exists already and is another one, and a `MigrationFailedError` if MySQL
 * refuses the statement.
 */
export const applyTableMigration = async (connection: Connection, migration: Migration): Promise<void> => {
  try {
    await apply(connection, migration);
  } catch (error) {
    throw explainFailure(error, migration.file);
  }
};

const apply = async (connection: Connection, migration: Migration): Promise<void> => {
  const { file, statement } = migration;
  const change = parseMigration(statement);
  if ('reason' in change) throw new MigrationsError(`${file} ${change.reason}.`);
  if (change.kind === 'rule') return applyRule(connection, migration, change.tableName);
  await runMigration(connection, statement);
  if (change.kind === 'create') await compare(connection, file, change.table.name, change.table.columns);
  else await compare(connection, file, change.tableName, [change.column]);
};

const compare = async (
  connection: Connection,
  file: string,
  table: string,
  columns: readonly StoredColumn[],
): Promise<void> => {
  const found = (await readStoredColumns(connection, [table])).get(table);
  const lacks = columns.flatMap((column) => {
    const lack = lackOf(column, found?.get(column.name));
    return lack === undefined ? [] : [`${table}.${column.name} ${lack}`];
  });
  if (lacks.length === 0) return;
  throw new TableDiffersError(
    `${file}: the table exists already, and ${lacks.join(', ')}. Change the table by hand, or rename it, and run the set-up again`,
  );
};
