import type { Connection } from 'mysql2/promise';
import { applyGrants, consumerGrants, migratorGrants, producerGrants, type Grant } from './grants.ts';
import type { Login } from '../connection/login.ts';
import type { DatabaseSettings } from '../connection/server.ts';
import { inSession } from '../connection/session.ts';

/** The users of a ledger beside its administrator, each with a login of its own. */
export type LedgerUsers = {
  /** Makes and changes tables; also imports. */
  readonly migrator: Login;
  /** Reads what GETs answer. */
  readonly producer: Login;
  /** Records, purges, verifies. */
  readonly consumer: Login;
};

/** A user could not be made or changed. Neither message nor cause has the statement, which holds the password. */
export class UserSetupError extends Error {
  readonly code = 'USER_SETUP';
}

/**
 * As the administrator: makes the database and its migrator, or gives that the password that it has now. With `tls` the user must
 * connect with TLS too.
 */
export const setUpMigrator = async (administrator: DatabaseSettings, users: LedgerUsers): Promise<void> => {
  await checkNames(administrator, users);
  await inSession(administrator, async (connection) => {
    await connection.query('CREATE DATABASE IF NOT EXISTS ?? CHARACTER SET utf8mb4', [administrator.database]);
    await setUpUser(connection, administrator, users.migrator, migratorGrants);
  });
};

/** As the administrator, after the migrations, since rights on a table need the table: the users of the services, as {@link setUpMigrator}. */
export const setUpServiceUsers = async (administrator: DatabaseSettings, users: LedgerUsers): Promise<void> => {
  await checkNames(administrator, users);
  await inSession(administrator, async (connection) => {
    await setUpUser(connection, administrator, users.producer, producerGrants);
    await setUpUser(connection, administrator, users.consumer, consumerGrants);
  });
};

/** Two with one name would share rights, and one with the administrator's would change its password. */
const checkNames = async (administrator: DatabaseSettings, users: LedgerUsers): Promise<void> => {
  const { username } = await administrator.login();
  const names = [username, users.migrator.username, users.producer.username, users.consumer.username];
  if (new Set(names).size !== names.length) {
    throw new UserSetupError(
      `Administrator, migrator, producer and consumer must be four users; they are ${names.join(', ')}`,
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
    // Without its cause, whose text may quote the password.
    throw new UserSetupError(`MySQL did not set up the user ${username}: ${reason}`);
  }
};
