import { createPool, type Pool } from 'mysql2';
import type { ConnectionOptions, PoolConnection } from 'mysql2/promise';
import { isSameLogin, withLogin, type Login } from './login.ts';
import { serverOptions, sessionStatements, type DatabaseSettings } from './server.ts';

/** A lease on a connection. Call `leave` after you release or destroy the connection. */
export type Lease = { readonly connection: PoolConnection; readonly leave: () => void };

/** A pool with the login that opened its connections. */
type PoolVersion = { readonly login: Login; readonly pool: Pool; leases: number };

// Below the session's wait_timeout, so this side ends an idle connection, not MySQL.
const idleTimeoutMs = 10_000;

/**
 * Creates the pool for the current login. When MySQL refuses the login and there is a newer one, a
 * new pool replaces it. The old pool ends when its last connection is returned: MySQL keeps
 * connections open whose login it would now refuse.
 */
export const createPools = (settings: DatabaseSettings) => {
  const options = { ...serverOptions(settings), database: settings.database };
  const versions = new Set<PoolVersion>();
  let current: PoolVersion | undefined;

  const versionOf = (login: Login): PoolVersion => {
    if (current !== undefined && isSameLogin(current.login, login)) return current;
    const before = current;
    current = { login, pool: createLedgerPool(options, login, settings.maxConnections), leases: 0 };
    versions.add(current);
    if (before !== undefined) endIfUnused(before);
    return current;
  };

  const endIfUnused = (version: PoolVersion): void => {
    if (version === current || version.leases > 0 || !versions.delete(version)) return;
    version.pool.end(() => undefined);
  };

  const lease = async (login: Login): Promise<Lease> => {
    const version = versionOf(login);
    const leave = () => {
      version.leases -= 1;
      endIfUnused(version);
    };
    version.leases += 1;
    try {
      return { connection: await version.pool.promise().getConnection(), leave };
    } catch (error) {
      leave();
      throw error;
    }
  };

  const end = async () => {
    const ending = [...versions].map(({ pool }) => pool.promise().end());
    versions.clear();
    // mysql2 rejects here for a connection that was still opening. It needs no cleanup.
    await Promise.allSettled(ending);
  };

  const inUse = () => [...versions].reduce((sum, { leases }) => sum + leases, 0);

  return { borrow: () => withLogin(settings.login, lease), inUse, end };
};

const createLedgerPool = (options: ConnectionOptions, { username, password }: Login, maxConnections = 4): Pool => {
  const pool = createPool({
    ...options,
    user: username,
    password,
    connectionLimit: maxConnections,
    maxIdle: Math.min(3, maxConnections),
    idleTimeout: idleTimeoutMs,
    gracefulEnd: true,
    // One transaction is one round trip (record.ts). Its text contains no outside input except
    // checked integers and hexadecimal digits.
    multipleStatements: true,
  });
  // Queries of one connection run in order, so this one sets up the session before the first of
  // them.
  pool.on('connection', (connection) => {
    connection.query(sessionStatements.join('; '), (error) => {
      if (error !== null) connection.destroy();
    });
  });
  return pool;
};
