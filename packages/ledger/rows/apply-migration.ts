import { parseMigration, MigrationsError } from '@sluice/table/migration.ts';
import type { StoredColumn } from '@sluice/table/stored-table.ts';
import type { Connection } from 'mysql2/promise';
import { runMigration } from '../run-migration.ts';
import { lackOf, readStoredColumns } from './stored-columns.ts';

/** A table of the database is not the one that a migration makes. */
export class TableDiffersError extends Error {
  readonly code = 'TABLE_DIFFERS';
}

// The index or the constraint of a rule is there already, or is there no more.
const doneRules = new Set([
  1061, // duplicate index
  1826, // duplicate constraint (MariaDB)
  3822, // duplicate CHECK (MySQL)
  1091, // no index or constraint to drop
  3821, // no CHECK to drop (MySQL)
  3940, // no constraint to drop (MySQL)
]);

/**
 * Applies the migration of a declared table. It may run again. Throws a {@link TableDiffersError} if
 * the table or the column exists already and is another one.
 */
export const applyTableMigration = async (connection: Connection, name: string, statement: string): Promise<void> => {
  const migration = parseMigration(statement);
  if ('reason' in migration) throw new MigrationsError(`Migration ${name} ${migration.reason}.`);
  await runMigration(connection, statement, migration.kind === 'rule' ? doneRules : undefined);
  if (migration.kind === 'create') await compare(connection, name, migration.table.name, migration.table.columns);
  else if (migration.kind !== 'rule') await compare(connection, name, migration.tableName, [migration.column]);
};

const compare = async (
  connection: Connection,
  name: string,
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
    `Migration ${name}: the table exists already, and ${lacks.join(', ')}. Change the table by hand, or rename it, and run the set-up again`,
  );
};
