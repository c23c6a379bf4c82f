import type { Connection } from 'mysql2/promise';
import type { StoredTable } from '@sluice/table/stored-table.ts';
import { applyGrants, consumerGrantsOf, migratorGrants, producerGrantsOf, type Grant } from './grants.ts';
import type { Login } from '../connection/login.ts';
import type { DatabaseSettings } from '../connection/server.ts';
import { inSession } from '../connection/session.ts';
import { useDatabase } from '../use-database.ts';

/** The users of a ledger in addition to its administrator, each with its own login. */
export type LedgerUsers = {
  /** Creates and changes tables, and imports dumps. */
  readonly migrator: Login;
  /** Reads the data for GET requests. */
  readonly producer: Login;
  /** Records batches, purges the inbox and verifies the totals. */
  readonly consumer: Login;
};

/**
 * A user could not be created or changed. Neither message nor cause contains the statement, which
 * holds the password.
 */
export class UserSetupError extends Error {
  readonly code = 'USER_SETUP';
}

/**
 * Creates the database and its migrator as the administrator, or sets the migrator's current
 * password. With `tls`, MySQL requires TLS of the user.
 */
export const setUpMigrator = async (administrator: DatabaseSettings, users: LedgerUsers): Promise<void> => {
  await checkNames(administrator, users);
  await inSession(administrator, async (connection) => {
    await useDatabase(connection, administrator.database);
    await setUpUser(connection, administrator, users.migrator, migratorGrants);
  });
};

/**
 * Creates the users of the services as the administrator, as {@link setUpMigrator} does. Run it
 * after the migrations: rights on a table need the table.
 *
 * @param tables The tables of the declarations, as the migrations make them.
 */
export const setUpServiceUsers = async (
  administrator: DatabaseSettings,
  users: LedgerUsers,
  tables: readonly StoredTable[],
): Promise<void> => {
  await checkNames(administrator, users);
  await inSession(administrator, async (connection) => {
    await setUpUser(connection, administrator, users.producer, producerGrantsOf(tables));
    await setUpUser(connection, administrator, users.consumer, consumerGrantsOf(tables));
  });
};

/**
 * Refuses equal names. Two users with one name would share rights, and a user with the
 * administrator's name would change the administrator's password.
 */
const checkNames = async (administrator: DatabaseSettings, users: LedgerUsers): Promise<void> => {
  const { username } = await administrator.login();
  const names = [username, users.migrator.username, users.producer.username, users.consumer.username];
  if (new Set(names).size !== names.length) {
    throw new UserSetupError(
      `Administrator, migrator, producer and consumer must be four different users, but they are ${names.join(', ')}`,
    );
  }
};

const setUpUser = async (
  connection: Connection,
  { database, tls }: DatabaseSettings,
  { username, password }: Login,
  grants: readonly Grant[],
): Promise<void> => {
  const transport = tls ? 'REQUIRE SSL' : 'REQUIRE NONE';
  try {
    await connection.query(`CREATE USER IF NOT EXISTS ?@'%' IDENTIFIED BY ? ${transport}`, [username, password]);
    await connection.query(`ALTER USER ?@'%' IDENTIFIED BY ? ${transport}`, [username, password]);
    await applyGrants(connection, database, username, grants);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown error';
    // Omits the cause, because its text may quote the password.
    throw new UserSetupError(`MySQL did not set up the user ${username}: ${reason}`);
  }
};
