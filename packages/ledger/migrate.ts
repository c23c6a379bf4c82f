import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';
import type { DatabaseSettings } from './connection.ts';

/** A migration that was applied is not the one in the folder any more. */
export class MigrationChangedError extends Error {
  readonly code = 'MIGRATION_CHANGED';
}

type Migration = { readonly name: string; readonly statement: string; readonly checksum: string };

const folder = new URL('./migrations/', import.meta.url);
const lockWaitSeconds = 60;
const connectTimeoutMs = 5_000;

/**
 * Makes the database if it is missing and applies the migrations that it lacks, in the order of their names; answers with
 * the names of those applied. Safe when two run at once: the second waits, then has nothing to do. DDL is not
 * transactional, so each file is one statement that can be run again, and works with the release before it too.
 */
export const migrate = async (settings: DatabaseSettings): Promise<string[]> => {
  const { database, ...server } = settings;
  const connection = await createConnection({ ...server, connectTimeout: connectTimeoutMs });
  try {
    await connection.query('CREATE DATABASE IF NOT EXISTS ?? CHARACTER SET utf8mb4', [database]);
    await connection.changeUser({ database });
    return await withLock(connection, `sluice:${database}`, () => applyMissing(connection));
  } finally {
    await connection.end();
  }
};

const applyMissing = async (connection: Connection): Promise<string[]> => {
  await connection.query(
    `CREATE TABLE IF NOT EXISTS migrations (
       name VARCHAR(255) NOT NULL,
       checksum CHAR(64) NOT NULL,
       applied_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
       PRIMARY KEY (name)
     ) ENGINE = InnoDB`,
  );
  const [rows] = await connection.query<RowDataPacket[]>('SELECT name, checksum FROM migrations');
  const applied = new Map(rows.map((row) => [String(row['name']), String(row['checksum'])]));
  const missing: Migration[] = [];
  for (const migration of await readMigrations()) {
    const checksum = applied.get(migration.name);
    if (checksum === undefined) missing.push(migration);
    else if (checksum !== migration.checksum) {
      throw new MigrationChangedError(
        `Migration ${migration.name} was changed after it was applied; put it back as it was and add a new file instead`,
      );
    }
  }
  for (const { name, statement, checksum } of missing) {
    // oxlint-disable no-await-in-loop -- one after the other is what migrations are
    await connection.query(statement);
    await connection.query('INSERT INTO migrations (name, checksum) VALUES (?, ?)', [name, checksum]);
    // oxlint-enable no-await-in-loop
  }
  return missing.map(({ name }) => name);
};

const readMigrations = async (): Promise<Migration[]> => {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).toSorted();
  return Promise.all(
    names.map(async (name) => {
      const statement = await readFile(new URL(name, folder), 'utf8');
      return { name, statement, checksum: createHash('sha256').update(statement).digest('hex') };
    }),
  );
};

const withLock = async <T>(connection: Connection, name: string, work: () => Promise<T>): Promise<T> => {
  const [[row]] = await connection.query<RowDataPacket[]>('SELECT GET_LOCK(?, ?) AS isHeld', [name, lockWaitSeconds]);
  if (row?.['isHeld'] !== 1) {
    throw new Error(`Another migration of this database held its lock for ${lockWaitSeconds} s; try again when it is done`);
  }
  try {
    return await work();
  } finally {
    await connection.query('DO RELEASE_LOCK(?)', [name]);
  }
};
