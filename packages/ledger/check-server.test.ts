import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { startLocalMysql } from '@sluice/test-servers/servers-of-npm-start.ts';
import { testFile } from '@sluice/test-servers/test-file.ts';
import { createConnection } from 'mysql2/promise';
import { checkLedgerServer } from './check-server.ts';
import { connectLedger } from './connection/connection.ts';

const { server } = await startLocalMysql(testFile);
const { host, port, user, password } = server;
const deadlineMs = 10_000;

const connectTo = (t: TestContext) => {
  const login = async () => ({ username: user, password });
  const ledger = connectLedger({ host, port, database: 'mysql', tls: false, login });
  t.after(ledger.close);
  return ledger;
};

test('the MySQL of npm start meets every requirement', async (t) => {
  assert.deepEqual(await checkLedgerServer(connectTo(t), deadlineMs), []);
});

for (const [variable, value, code, says] of [
  ['read_only', 1, 'mysql_read_only', /DB_HOST/],
  ['innodb_flush_log_at_trx_commit', 2, 'mysql_not_durable', /Set to 1: innodb_flush_log_at_trx_commit \(2\)\.$/],
  ['max_allowed_packet', 1_048_576, 'mysql_packet_small', /accepts statements of up to 1048576 bytes/],
] as const) {
  test(`a MySQL with ${variable} = ${value} gets a warning with the value to set`, async (t) => {
    const admin = await createConnection(server);
    const [[before]] = await admin.query<never[]>(`SELECT @@GLOBAL.${variable} AS value`);
    t.after(async () => {
      await admin.query(`SET GLOBAL ${variable} = ${String(Reflect.get(before ?? {}, 'value'))}`);
      await admin.end();
    });
    await admin.query(`SET GLOBAL ${variable} = ${value}`);
    const [finding, ...others] = await checkLedgerServer(connectTo(t), deadlineMs);
    assert.deepEqual([finding?.code, finding?.severity, others], [code, 'warning', []]);
    assert.match(finding?.detail ?? '', says);
  });
}

/**
 * Checks the server as if `expression` had another value. These variables cannot be set while the
 * server runs.
 */
const checkAsIf = (t: TestContext, expression: string, value: string) => {
  const ledger = connectTo(t);
  const run: typeof ledger.run = (work, withinMs) =>
    ledger.run((connection) => {
      const query = connection.query.bind(connection);
      t.mock.method(connection, 'query', (sql: string) => query(sql.replace(expression, value)));
      return work(connection);
    }, withinMs);
  return checkLedgerServer({ ...ledger, run }, deadlineMs);
};

for (const [version, isTooOld] of [
  ['10.6.1-MariaDB', true],
  ['5.5.5-10.4.3-MariaDB', true],
  ['5.7.44-log', true],
  ['8.0.39', true],
  ['8.4.0', false],
  ['11.4.2-MariaDB', false],
] as const) {
  test(`${version} is ${isTooOld ? 'too old' : 'new enough'}`, async (t) => {
    const findings = await checkAsIf(t, 'VERSION()', `'${version}'`);
    assert.deepEqual(
      findings.map(({ code }) => code),
      isTooOld ? ['mysql_too_old'] : [],
    );
  });
}

test('a binary log that is not written with each commit gets a warning', async (t) => {
  const admin = await createConnection(server);
  t.after(() => admin.end());
  await admin.query('SET GLOBAL sync_binlog = 0');
  const [finding, ...others] = await checkAsIf(t, '@@GLOBAL.log_bin', '1');
  assert.deepEqual([finding?.code, others], ['mysql_not_durable', []]);
  assert.match(finding?.detail ?? '', /Set to 1: sync_binlog \(0\)\.$/);
  await admin.query('SET GLOBAL sync_binlog = 1');
  assert.deepEqual(await checkAsIf(t, '@@GLOBAL.log_bin', '1'), []);
});
