import { parseMigration } from '@sluice/table/migration.ts';
import { readMigrations } from '../read-migrations.ts';

/** Returns the names of the tables that the migrations in a folder create and that are not declared. */
export const readUndeclaredTables = async (
  folder: string,
  declared: readonly { readonly name: string }[],
): Promise<string[]> => {
  const names = new Set(declared.map(({ name }) => name));
  const migrations = (await readMigrations(folder)).map(({ statement }) => parseMigration(statement));
  return migrations.flatMap((migration) =>
    'table' in migration && !names.has(migration.table.name) ? [migration.table.name] : [],
  );
};
