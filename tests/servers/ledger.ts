import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { TestContext } from 'node:test';
import { connectLedger, type LedgerConnection } from '@sluice/ledger/connection/connection.ts';
import { migrate } from '@sluice/ledger/migrate.ts';
import type { DatabaseSettings } from '@sluice/ledger/connection/server.ts';
import { createConnection, createPool, type RowDataPacket } from 'mysql2/promise';
import { testMysql, type TestMysql } from './environment.ts';
// oxlint-disable-next-line import/no-unassigned-import -- fails files that leave connections open
import './test-file.ts';
import { hasPassed } from './outcome.ts';

// A server that a test breaks is available again within this time.
const awayAtMostMs = 30_000;

/**
 * Creates an empty schema for one test, on the shared MySQL or on `mysql`. Removes it when the test
 * passes and keeps it when the test fails.
 */
export const createTestSchema = async (test: TestContext, mysql: TestMysql = testMysql()) => {
  const { host, port, user, password } = mysql;
  const login = { username: user, password };
  const settings: DatabaseSettings = {
    host,
    port,
    database: `test_${randomBytes(6).toString('hex')}`,
    tls: false,
    login: () => Promise.resolve(login),
  };
  const owner = await createConnection(mysql);
  await owner.query('CREATE DATABASE ??', [settings.database]);
  await owner.end();
  // Reads and changes the ledger independently of the code under test.
  const admin = createPool({ ...mysql, database: settings.database, connectionLimit: 1 });

  const query = async (sql: string, values: unknown[] = []): Promise<RowDataPacket[]> => {
    const giveUpAt = performance.now() + awayAtMostMs;
    for (;;) {
      try {
        const [rows] = await admin.query<RowDataPacket[]>(sql, values);
        return rows;
      } catch (error) {
        const isAway = error instanceof Error && 'fatal' in error && error.fatal === true;
        if (!isAway || performance.now() > giveUpAt) throw error;
        await pause(100);
      }
    }
  };

  /** Runs `work` in a transaction of another session and rolls it back. */
  const transaction = async (work: (query: (sql: string, values: unknown[]) => Promise<unknown>) => Promise<void>) => {
    const session = await createConnection({ ...mysql, database: settings.database });
    try {
      await session.query('START TRANSACTION');
      await work((sql, values) => session.query(sql, values));
      await session.query('ROLLBACK');
    } finally {
      session.destroy();
    }
  };

  test.after(async () => {
    if (hasPassed(test)) await query('DROP DATABASE ??', [settings.database]);
    else test.diagnostic(`The schema ${settings.database} is kept`);
    await admin.end();
  });

  return { settings, login, query, transaction };
};

/** Creates a schema with the ledger's tables. */
export const createTestLedger = async (test: TestContext, mysql: TestMysql = testMysql()) => {
  const schema = await createTestSchema(test, mysql);
  await migrate(schema.settings);

  /**
   * Opens a connection that is closed when the test ends. `port`: that of a proxy, if there is one.
   * `login`: another user.
   */
  const connect = (port = schema.settings.port, login = schema.settings.login): LedgerConnection => {
    const ledger = connectLedger({ ...schema.settings, port, login });
    test.after(ledger.close);
    return ledger;
  };

  /** Returns every recorded count, in the order of recording. */
  const readCounts = async (): Promise<number[]> => {
    const rows = await schema.query('SELECT count_value FROM `count` ORDER BY id');
    return rows.map((row) => Number(row['count_value']));
  };

  const readTotals = async (): Promise<number> => {
    const [row] = await schema.query('SELECT COALESCE(SUM(rows_count), 0) AS total FROM totals');
    return Number(row?.['total']);
  };

  return { ...schema, connect, readCounts, readTotals };
};
