import { createConnection, type Connection } from 'mysql2/promise';
import { withLogin } from './login.ts';
import { serverOptions, sessionStatements, withoutSql, type ServerSettings } from './server.ts';

// The server's default is a day. A table change that waits behind a long transaction blocks all
// other statements on the table.
const tableLockSeconds = 30;

/**
 * Runs `work` on one connection without a database, then ends the connection. It takes one
 * statement at a time, so no text can inject a second one. The session variables are those of the
 * ledger's connections.
 */
export const inSession = async <T>(
  settings: ServerSettings,
  work: (connection: Connection) => Promise<T>,
): Promise<T> => {
  const options = serverOptions(settings);
  const connection = await withLogin(settings.login, ({ username, password }) =>
    createConnection({ ...options, user: username, password }),
  );
  // Without a listener, a connection lost between two statements would end the process. The next
  // statement reports the loss anyway.
  connection.on('error', () => undefined);
  try {
    for (const statement of [...sessionStatements, `SET SESSION lock_wait_timeout = ${tableLockSeconds}`]) {
      await connection.query(statement);
    }
    const result = await work(connection);
    await connection.end();
    return result;
  } catch (error) {
    // The server rolls back the open transaction.
    connection.destroy();
    throw withoutSql(error);
  }
};
