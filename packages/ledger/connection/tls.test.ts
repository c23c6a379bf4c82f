import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testFile } from '@sluice/test-servers/test-file.ts';
import { makeCertificate, startMysqlWithTls } from '@sluice/test-servers/tls.ts';
import type { RowDataPacket } from 'mysql2/promise';
import { connectLedger } from './connection.ts';
import type { Login } from './login.ts';
import { migrate } from '../migrate.ts';
import { readTotal } from '../read-total.ts';
import type { DatabaseSettings } from './server.ts';
import { inSession } from './session.ts';
import { setUpMigrator, setUpServiceUsers } from '../users/users.ts';

const right = await startMysqlWithTls(testFile, 'localhost');
const wrong = await startMysqlWithTls(testFile, 'mysql.elsewhere.test');

const settingsOf = ({ port, login, ca }: typeof right): DatabaseSettings & { ca: string } => ({
  host: 'localhost',
  port,
  database: 'count',
  tls: true,
  ca,
  login: () => Promise.resolve(login),
});

const askCipher = async (settings: DatabaseSettings): Promise<string> => {
  const ledger = connectLedger({ ...settings, database: 'information_schema' });
  try {
    return await ledger.run(async (connection) => {
      const [[row]] = await connection.query<RowDataPacket[]>("SHOW SESSION STATUS LIKE 'Ssl_cipher'");
      return String(row?.['Value']);
    }, 5_000);
  } finally {
    await ledger.close();
  }
};

test('TLS accepts a certificate of a trusted authority for the right host', async () => {
  assert.match(await askCipher(settingsOf(right)), /^(?:TLS|ECDHE)/);
  assert.equal(await askCipher({ ...settingsOf(right), tls: false }), '');
});

test('a certificate of another authority with the same name is refused', async (t) => {
  const settings = { ...settingsOf(right), ca: makeCertificate(t).ca };
  await assert.rejects(askCipher(settings), { code: 'HANDSHAKE_SSL_ERROR' });
  await assert.rejects(
    inSession(settings, (connection) => connection.ping()),
    { code: 'HANDSHAKE_SSL_ERROR' },
  );
});

test('without a configured authority only those of Node and Amazon are trusted', async () => {
  const { ca: _ca, ...settings } = settingsOf(right);
  await assert.rejects(askCipher(settings), { code: 'HANDSHAKE_SSL_ERROR' });
});

test('a certificate for another host is refused, even from a trusted authority', async () => {
  await assert.rejects(askCipher(settingsOf(wrong)), { message: /Hostname\/IP does not match certificate/ });
  await assert.rejects(
    inSession(settingsOf(wrong), (connection) => connection.ping()),
    {
      message: /Hostname\/IP does not match certificate/,
    },
  );
});

test('an IP address is refused, because no certificate could be checked for it', () => {
  assert.throws(() => connectLedger({ ...settingsOf(right), host: '127.0.0.1' }), { code: 'LEDGER_TLS_HOST' });
});

const runAsAdministrator = (statement: string) =>
  inSession(settingsOf(right), async (connection) => (await connection.query<RowDataPacket[]>(statement))[0]);

const hasCachingPlugin = async (): Promise<boolean> => {
  const plugins = await runAsAdministrator(
    "SELECT 1 FROM information_schema.plugins WHERE plugin_name = 'caching_sha2_password' AND plugin_status = 'ACTIVE'",
  );
  return plugins.length > 0;
};

test('the first login with caching_sha2_password works with TLS and without, and after a rotation', async (t) => {
  if (!(await hasCachingPlugin())) {
    t.diagnostic('This server has no caching_sha2_password');
    return;
  }
  const rotate = (password: string) =>
    runAsAdministrator(`ALTER USER someone@'%' IDENTIFIED WITH caching_sha2_password BY '${password}'`);
  await runAsAdministrator("CREATE USER someone@'%'");
  for (const [index, tls] of [true, false, true, false].entries()) {
    const password = `of login ${index}`;
    await rotate(password);
    // Nothing of the password is in the server's cache, so it asks for more than a scramble.
    const login = async () => ({ username: 'someone', password });
    const cipher = await askCipher({ ...settingsOf(right), tls, login });
    assert.equal(cipher !== '', tls);
    assert.equal(await askCipher({ ...settingsOf(right), tls, login }), cipher);
    await runAsAdministrator('FLUSH PRIVILEGES');
    assert.equal(await askCipher({ ...settingsOf(right), tls, login }), cipher);
    const before = async () => ({ username: 'someone', password: `of login ${index - 1}` });
    await assert.rejects(askCipher({ ...settingsOf(right), tls, login: before }), (error: Error) => {
      assert.match(error.message, /Access denied/);
      assert.doesNotMatch(JSON.stringify(error) + error.stack, /of login/);
      return true;
    });
  }
});

test('users created over TLS cannot log in without TLS', async () => {
  const administrator = settingsOf(right);
  const userOf = (username: string): Login => ({ username, password: `of ${username}` });
  const users = { migrator: userOf('migrator'), producer: userOf('producer'), consumer: userOf('consumer') };
  await setUpMigrator(administrator, users);
  await migrate({ ...administrator, login: () => Promise.resolve(users.migrator) });
  await setUpServiceUsers(administrator, users, []);
  for (const tls of [true, false]) {
    const ledger = connectLedger({ ...administrator, tls, login: () => Promise.resolve(users.producer) });
    const reading = readTotal(ledger, 5_000);
    if (tls) assert.deepEqual(await reading, { rowsCount: 0, latestValue: 0 });
    else await assert.rejects(reading, { errno: 1045 });
    await ledger.close();
  }
});
