import type { PoolConnection } from 'mysql2/promise';
import { createPools } from './pools.ts';
import { withoutSql, type DatabaseSettings } from './server.ts';

/** Connections to the ledger, opened when they are needed and replaced when they fail. */
export type LedgerConnection = {
  /**
   * Runs `work` on a connection. A connection on which it fails, or is not done after `deadlineMs`, is destroyed: what state
   * the server holds for it is unknown. The server rolls back what was open on it, but a COMMIT under way may have happened.
   */
  readonly run: <T>(work: (connection: PoolConnection) => Promise<T>, deadlineMs: number) => Promise<T>;
  /** How many connections are at work now. */
  readonly inUse: () => number;
  readonly close: () => Promise<void>;
};

/** MySQL was not done in time. */
export class LedgerTimeoutError extends Error {
  readonly code = 'LEDGER_TIMEOUT';
}

/**
 * A few connections. They are opened when first used, so a MySQL that is away, or a login that cannot be had, fails `run` and
 * not this. When MySQL refuses the login, a newer one is asked for and tried once, within the deadline of that `run`.
 * Throws a TlsHostError where TLS is asked for with an address in place of a name.
 */
export const connectLedger = (settings: DatabaseSettings): LedgerConnection => {
  const pools = createPools(settings);

  const run: LedgerConnection['run'] = async (work, deadlineMs) => {
    let timer: NodeJS.Timeout | undefined;
    let isLate = false;
    let connection: PoolConnection | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        isLate = true;
        connection?.destroy();
        reject(
          new LedgerTimeoutError(`MySQL at ${settings.host}:${settings.port} was not done within ${deadlineMs} ms`),
        );
      }, deadlineMs);
    });

    const attempt = async () => {
      const loan = await pools.borrow();
      connection = loan.connection;
      try {
        if (isLate) throw new LedgerTimeoutError('The connection came after the deadline');
        const result = await work(connection);
        connection.release();
        return result;
      } catch (error) {
        connection.destroy();
        throw withoutSql(error);
      } finally {
        loan.leave();
      }
    };

    try {
      return await Promise.race([attempt(), late]);
    } finally {
      clearTimeout(timer);
    }
  };

  return { run, inUse: pools.inUse, close: pools.end };
};
