import { withDeadline } from '@sluice/async/with-deadline.ts';
import type { PoolConnection } from 'mysql2/promise';
import { createPools } from './pools.ts';
import { withoutSql, type DatabaseSettings } from './server.ts';

/** Connections to the ledger, opened on demand and replaced when they fail. */
export type LedgerConnection = {
  /**
   * Runs `work` on a connection. Destroys the connection if `work` fails or misses `deadlineMs`,
   * because its state on the server is unknown. The server then rolls back the open transaction,
   * but a COMMIT in progress may have happened.
   */
  readonly run: <T>(work: (connection: PoolConnection) => Promise<T>, deadlineMs: number) => Promise<T>;
  /** Returns the number of connections in use. */
  readonly inUse: () => number;
  readonly close: () => Promise<void>;
};

/** MySQL missed the deadline. */
export class LedgerTimeoutError extends Error {
  readonly code = 'LEDGER_TIMEOUT';
}

/**
 * Creates a small pool that opens its connections on first use. So `run` fails when MySQL or the
 * login is unavailable, and this function does not.
 *
 * When MySQL refuses the login, `run` fetches a newer one and tries once more within its deadline.
 * Throws a TlsHostError if `tls` is set and the host is an IP address.
 */
export const connectLedger = (settings: DatabaseSettings): LedgerConnection => {
  const pools = createPools(settings);

  const run: LedgerConnection['run'] = async (work, deadlineMs) => {
    let isLate = false;
    let connection: PoolConnection | undefined;

    const attempt = async () => {
      const lease = await pools.borrow();
      connection = lease.connection;
      try {
        if (isLate) throw new LedgerTimeoutError('The connection opened after the deadline');
        const result = await work(connection);
        connection.release();
        return result;
      } catch (error) {
        connection.destroy();
        throw withoutSql(error);
      } finally {
        lease.leave();
      }
    };

    return withDeadline(attempt, deadlineMs, () => {
      isLate = true;
      connection?.destroy();
      return new LedgerTimeoutError(
        `MySQL at ${settings.host}:${settings.port} did not finish within ${deadlineMs} ms`,
      );
    });
  };

  return { run, inUse: pools.inUse, close: pools.end };
};
