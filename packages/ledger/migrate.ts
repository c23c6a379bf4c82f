import { createHash, randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import type { DatabaseSettings } from './connection/server.ts';
import { inSession } from './connection/session.ts';
import { readMigrations, type Migration } from './read-migrations.ts';
import { runMigration } from './run-migration.ts';
import { useDatabase } from './use-database.ts';
import { applyTableMigration } from './rows/apply-migration.ts';

/** An applied migration differs from its file in the folder. */
export class MigrationChangedError extends Error {
  readonly code = 'MIGRATION_CHANGED';
}

/** An applied migration is missing in the folder. */
export class MigrationMissingError extends Error {
  readonly code = 'MIGRATION_MISSING';
}

/** Another migration of the same database is in progress and does not end. */
export class MigrationLockedError extends Error {
  readonly code = 'MIGRATION_LOCKED';
}

/**
 * The result of {@link migrate}: the files that it applied, and those that a newer release applied
 * before.
 */
export type Migrated = { readonly applied: readonly string[]; readonly newer: readonly string[] };

/** Settings of {@link migrate}. */
type MigrateSettings = {
  /** The folder with the migrations of the declared tables. */
  readonly tables?: string;
  readonly lockWaitSeconds?: number;
};

const folder = fileURLToPath(new URL('./migrations/', import.meta.url));
// Names in `migrations`. No file has a slash in its name.
const prefixOfTables = 'tables/';

/**
 * Creates the database if it is missing and applies the missing migrations in the order of their
 * names: first those of Sluice, then those of the declared tables. Two migrations may run at once:
 * the second waits up to `lockWaitSeconds` and then has nothing to do.
 *
 * DDL is not transactional, so each file is one statement that can run again. Each migration also
 * works with the release before it, so that release can run again on a database that a newer one
 * migrated.
 *
 * Applies nothing if a file was changed after it was applied, or if it is missing although newer
 * files exist.
 */
export const migrate = (
  settings: DatabaseSettings,
  { tables, lockWaitSeconds = 60 }: MigrateSettings = {},
): Promise<Migrated> =>
  inSession(settings, async (connection) => {
    await useDatabase(connection, settings.database);
    return withLock(connection, settings.database, lockWaitSeconds, () => applyMissing(connection, tables));
  });

const applyMissing = async (connection: Connection, tables: string | undefined): Promise<Migrated> => {
  await connection.query(
    `CREATE TABLE IF NOT EXISTS migrations (
       name VARCHAR(255) NOT NULL,
       checksum CHAR(64) NOT NULL,
       applied_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
       PRIMARY KEY (name)
     ) ENGINE = InnoDB`,
  );
  const [rows] = await connection.query<RowDataPacket[]>('SELECT name, checksum FROM migrations ORDER BY name');
  const before = new Map(rows.map((row) => [String(row['name']), String(row['checksum'])]));
  const own = await readMigrations(folder);
  const ofTables = tables === undefined ? [] : await readMigrations(tables, prefixOfTables);
  const newer = [
    ...findNewer(own, new Map([...before].filter(([name]) => !isOfTable(name)))),
    ...findNewer(ofTables, new Map([...before].filter(([name]) => isOfTable(name)))),
  ];
  const missing = [...own, ...ofTables].filter(({ name }) => !before.has(name));
  for (const migration of missing) {
    const { name, statement, checksum } = migration;
    if (isOfTable(name)) await applyTableMigration(connection, migration);
    else await runMigration(connection, statement);
    await connection.query('INSERT INTO migrations (name, checksum) VALUES (?, ?)', [name, checksum]);
  }
  // No migration does this: a replica that runs the same statement must get the same id.
  await connection.query('INSERT IGNORE INTO identity (only_row, database_id) VALUES (1, ?)', [randomBytes(16)]);
  return { applied: missing.map(({ name }) => name), newer };
};

const isOfTable = (name: string): boolean => name.startsWith(prefixOfTables);

/**
 * Compares the files with the applied migrations. Returns those that only a newer release can have
 * applied.
 */
const findNewer = (migrations: readonly Migration[], before: ReadonlyMap<string, string>): string[] => {
  for (const { name, file, checksum } of migrations) {
    if (before.has(name) && before.get(name) !== checksum) {
      throw new MigrationChangedError(
        `${file} was changed after it was applied. Restore it, and put the change into a new file`,
      );
    }
  }
  const names = new Set(migrations.map(({ name }) => name));
  const last = migrations.at(-1)?.name ?? '';
  const unknown = [...before.keys()].filter((name) => !names.has(name));
  const gone = unknown.filter((name) => name < last);
  if (gone.length > 0) {
    throw new MigrationMissingError(
      `Migration ${gone.join(', ')} was applied to this database but is missing from this release. Restore it, or use another database (npm run reset removes that of npm start)`,
    );
  }
  return unknown;
};

const withLock = async <T>(
  connection: Connection,
  database: string,
  lockWaitSeconds: number,
  work: () => Promise<T>,
): Promise<T> => {
  // Lock names have at most 64 characters in MySQL, fewer than a prefixed database name may need.
  // They are shared by all databases of a server.
  const name = `sluice:${createHash('sha256').update(database).digest('hex').slice(0, 32)}`;
  const [[row]] = await connection.query<RowDataPacket[]>('SELECT GET_LOCK(?, ?) AS isHeld', [name, lockWaitSeconds]);
  if (row?.['isHeld'] !== 1) {
    throw new MigrationLockedError(
      `Another migration of this database held its lock for ${lockWaitSeconds} s. Run the set-up again when it is done`,
    );
  }
  const result = await work();
  await connection.query('DO RELEASE_LOCK(?)', [name]);
  return result;
};
