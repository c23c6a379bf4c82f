import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import { connectLedger, type LedgerConnection } from '@sluice/ledger/connection.ts';
import { migrate } from '@sluice/ledger/migrate.ts';
import type { DatabaseSettings } from '@sluice/ledger/server.ts';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { testMysql } from './environment.ts';
import { checkLeaksAtEnd } from './leaks.ts';
import { hasPassed } from './outcome.ts';

checkLeaksAtEnd();

/** A schema of the test's own on the real MySQL, still empty. It is removed when the test passes and kept when it fails. */
export const createTestSchema = async (test: TestContext) => {
  const { host, port, user, password } = testMysql();
  const login = { username: user, password };
  const settings: DatabaseSettings = {
    host,
    port,
    database: `test_${randomBytes(6).toString('hex')}`,
    tls: false,
    login: () => Promise.resolve(login),
  };
  // To look at the ledger and to change it behind the back of what is tested.
  const admin = await createConnection(testMysql());
  await admin.query('CREATE DATABASE ??', [settings.database]);
  await admin.changeUser({ database: settings.database });
  test.after(async () => {
    if (hasPassed(test)) await admin.query('DROP DATABASE ??', [settings.database]);
    else test.diagnostic(`The schema ${settings.database} is kept`);
    await admin.end();
  });

  const query = async (sql: string, values: unknown[] = []): Promise<RowDataPacket[]> => {
    const [rows] = await admin.query<RowDataPacket[]>(sql, values);
    return rows;
  };

  return { settings, login, query };
};

/** A schema with the ledger's tables. */
export const createTestLedger = async (test: TestContext) => {
  const schema = await createTestSchema(test);
  await migrate(schema.settings);

  /** Connections that are closed when the test ends; to another port when a proxy stands between, as another user where one is given. */
  const connect = (port = schema.settings.port, login = schema.settings.login): LedgerConnection => {
    const ledger = connectLedger({ ...schema.settings, port, login });
    test.after(ledger.close);
    return ledger;
  };

  /** Every recorded count, in the order of recording. */
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
