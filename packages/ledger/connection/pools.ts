import { createPool, type Pool } from 'mysql2';
import type { ConnectionOptions, PoolConnection } from 'mysql2/promise';
import { isSameLogin, withLogin, type Login } from './login.ts';
import { serverOptions, sessionStatements, type DatabaseSettings } from './server.ts';

/** A connection that is on loan until `leave` is called, after it was released or destroyed. */
export type Loan = { readonly connection: PoolConnection; readonly leave: () => void };

/** The connections that were opened with one login. */
type Generation = { readonly login: Login; readonly pool: Pool; loans: number };

// Below the session's wait_timeout, so that it is this side that ends an idle connection.
const idleTimeoutMs = 10_000;

/**
 * A pool for the login that is in use. When MySQL refuses that and there is a newer one, there is a new pool, and the old one ends
 * with its last loan: MySQL lets connections live whose login it would refuse today.
 */
export const createPools = (settings: DatabaseSettings) => {
  const options = { ...serverOptions(settings), database: settings.database };
  const generations = new Set<Generation>();
  let current: Generation | undefined;

  const generationOf = (login: Login): Generation => {
    if (current !== undefined && isSameLogin(current.login, login)) return current;
    const before = current;
    current = { login, pool: createLedgerPool(options, login), loans: 0 };
    generations.add(current);
    if (before !== undefined) endIfUnused(before);
    return current;
  };

  const endIfUnused = (generation: Generation): void => {
    if (generation === current || generation.loans > 0 || !generations.delete(generation)) return;
    generation.pool.end(() => undefined);
  };

  const lend = async (login: Login): Promise<Loan> => {
    const generation = generationOf(login);
    const leave = () => {
      generation.loans -= 1;
      endIfUnused(generation);
    };
    generation.loans += 1;
    try {
      return { connection: await generation.pool.promise().getConnection(), leave };
    } catch (error) {
      leave();
      throw error;
    }
  };

  const end = async () => {
    const ending = [...generations].map(({ pool }) => pool.promise().end());
    generations.clear();
    // What mysql2 tells of is a connection that was still being opened, and there is nothing left of it to end.
    await Promise.allSettled(ending);
  };

  const inUse = () => [...generations].reduce((sum, { loans }) => sum + loans, 0);

  return { borrow: () => withLogin(settings.login, lend), inUse, end };
};

const createLedgerPool = (options: ConnectionOptions, { username, password }: Login): Pool => {
  const pool = createPool({
    ...options,
    user: username,
    password,
    connectionLimit: 4,
    maxIdle: 3,
    idleTimeout: idleTimeoutMs,
    gracefulEnd: true,
    // One transaction is one round trip (record.ts). Nothing from outside gets into its text but checked integers.
    multipleStatements: true,
  });
  // Queries of one connection run in order, so the session is set before the first of them.
  pool.on('connection', (connection) => {
    connection.query(sessionStatements.join('; '), (error) => {
      if (error !== null) connection.destroy();
    });
  });
  return pool;
};
