import { createPool } from 'mysql2';
import type { PoolConnection } from 'mysql2/promise';

/** Where the ledger is. */
export type DatabaseSettings = {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
};

/** Connections to the ledger, opened when they are needed and replaced when they fail. */
export type LedgerConnection = {
  /**
   * Runs `work` on a connection. A connection on which it fails, or is not done after `deadlineMs`, is destroyed: what state
   * the server holds for it is unknown. The server rolls back what was open on it, but a COMMIT under way may have happened.
   */
  readonly run: <T>(work: (connection: PoolConnection) => Promise<T>, deadlineMs: number) => Promise<T>;
  readonly close: () => Promise<void>;
};

/** MySQL was not done in time. */
export class LedgerTimeoutError extends Error {
  readonly code = 'LEDGER_TIMEOUT';
}

const connectTimeoutMs = 3_000;
// Below the session's wait_timeout, so that it is this side that ends an idle connection.
const idleTimeoutMs = 10_000;

/**
 * The session. READ COMMITTED: consumers take no gap locks and wait for each other less. wait_timeout: the locks of a frozen
 * client must not outlive its takeover by the server's default of 8 hours. Strict mode: nothing is clipped to fit.
 */
const sessionSettings = [
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  "SET SESSION innodb_lock_wait_timeout = 5, wait_timeout = 15, time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES'",
].join('; ');

/** A pool of a few connections. It connects when first used, so a MySQL that is away fails `run`, not this. */
export const connectLedger = (settings: DatabaseSettings): LedgerConnection => {
  const pool = createPool({
    ...settings,
    connectTimeout: connectTimeoutMs,
    connectionLimit: 4,
    maxIdle: 3,
    idleTimeout: idleTimeoutMs,
    gracefulEnd: true,
    // One transaction is one round trip (record.ts). Nothing from outside gets into its text but checked integers.
    multipleStatements: true,
    timezone: 'Z',
  });
  // Queries of one connection run in order, so the session is set before the first of them.
  pool.on('connection', (connection) => {
    connection.query(sessionSettings, (error) => {
      if (error !== null) connection.destroy();
    });
  });

  const run: LedgerConnection['run'] = async (work, deadlineMs) => {
    let timer: NodeJS.Timeout | undefined;
    let isLate = false;
    let connection: PoolConnection | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        isLate = true;
        connection?.destroy();
        reject(new LedgerTimeoutError(`MySQL at ${settings.host}:${settings.port} was not done within ${deadlineMs} ms`));
      }, deadlineMs);
    });

    const attempt = async () => {
      connection = await pool.promise().getConnection();
      try {
        if (isLate) throw new LedgerTimeoutError('The connection came after the deadline');
        const result = await work(connection);
        connection.release();
        return result;
      } catch (error) {
        connection.destroy();
        throw error;
      }
    };

    try {
      return await Promise.race([attempt(), late]);
    } finally {
      clearTimeout(timer);
    }
  };

  return { run, close: () => pool.promise().end() };
};
