import { migrate } from '@sluice/ledger/migrate.ts';
import { readMigrations } from '@sluice/ledger/read-migrations.ts';
import { setUpMigrator, setUpServiceUsers, type LedgerUsers } from '@sluice/ledger/users/users.ts';
import { databaseSettingsOf } from '@sluice/runtime/config/connections.ts';
import { tableMigrationsFolderOf } from '@sluice/runtime/config/tables.ts';
import type { Logger } from '@sluice/runtime/logging/logger.ts';
import { createLoginProvider } from '@sluice/runtime/secrets/secrets.ts';
import { tablesAfter } from '@sluice/table/migration.ts';
import type { Config } from './config.ts';

/**
 * Brings the database to the state that this release needs. The administrator creates the database
 * and the migrator, the migrator applies the migrations, and the administrator grants the services
 * their rights. It is safe to repeat, and runs after each change of a migration or a password.
 * Without configured users, the administrator applies the migrations.
 *
 * @param tables The folder with the migrations of the declared tables.
 */
export const setUp = async (
  config: Config,
  logger: Logger,
  tables = tableMigrationsFolderOf(config.TABLES_FILE),
): Promise<void> => {
  const administrator = databaseSettingsOf(config);
  // Read first: nothing changes if a file is invalid.
  const declared = tablesAfter(await readMigrations(tables));
  const users = await readUsers(config);
  if (users !== undefined) await setUpMigrator(administrator, users);
  const { applied, newer } = await migrate(ownerSettingsOf(config), { tables });
  if (newer.length > 0)
    logger.warn({ newer }, 'the database has migrations of a newer release, or of files that were removed');
  if (users !== undefined) await setUpServiceUsers(administrator, users, declared);
  logger.info({ database: config.DB_NAME, applied, hasUsers: users !== undefined }, 'the database is set up');
};

/**
 * Returns the database settings with the login that owns the tables: the migrator's if there is
 * one.
 */
export const ownerSettingsOf = (config: Config) => {
  const settings = databaseSettingsOf(config);
  const login = loginsOf(config).migrator;
  return login === undefined ? settings : { ...settings, login };
};

const readUsers = async (config: Config): Promise<LedgerUsers | undefined> => {
  const { migrator, producer, consumer } = loginsOf(config);
  if (migrator === undefined || producer === undefined || consumer === undefined) return undefined;
  return { migrator: await migrator(), producer: await producer(), consumer: await consumer() };
};

const loginsOf = (config: Config) => ({
  migrator: loginOf('migrator', config.DB_MIGRATOR_PASSWORD, config.DB_MIGRATOR_SECRET_ARN),
  producer: loginOf('producer', config.DB_PRODUCER_PASSWORD, config.DB_PRODUCER_SECRET_ARN),
  consumer: loginOf('consumer', config.DB_CONSUMER_PASSWORD, config.DB_CONSUMER_SECRET_ARN),
});

const loginOf = (username: string, password: string | undefined, secretArn: string | undefined) =>
  password === undefined && secretArn === undefined
    ? undefined
    : createLoginProvider({ secretArn, username, password });
