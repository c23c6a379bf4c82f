import { createConnection, type Connection } from 'mysql2/promise';
import { withLogin } from './login.ts';
import { serverOptions, sessionStatements, withoutSql, type ServerSettings } from './server.ts';

// A change of a table must not wait behind a long transaction for the server's default of a day, with all others behind it.
const tableLockSeconds = 30;

/**
 * Runs `work` on one connection, without a database and one statement at a time (no text can carry a second one), and ends it.
 * The session is that of the ledger's connections.
 */
export const inSession = async <T>(
  settings: ServerSettings,
  work: (connection: Connection) => Promise<T>,
): Promise<T> => {
  const options = serverOptions(settings);
  const connection = await withLogin(settings.login, ({ username, password }) =>
    createConnection({ ...options, user: username, password }),
  );
  // Lost between two statements it would end the process; the next statement says so anyway.
  connection.on('error', () => undefined);
  try {
    for (const statement of [...sessionStatements, `SET SESSION lock_wait_timeout = ${tableLockSeconds}`]) {
      // oxlint-disable-next-line no-await-in-loop -- one statement at a time
      await connection.query(statement);
    }
    const result = await work(connection);
    await connection.end();
    return result;
  } catch (error) {
    // Whatever is open on it, the server rolls back.
    connection.destroy();
    throw withoutSql(error);
  }
};
