import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { createTestLedger } from '@sluice/test-servers/ledger.ts';
import { createProxy } from '@sluice/test-servers/proxy/proxy.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import type { Login } from './login.ts';
import { readTotal } from '../read-total.ts';
import { inSession } from './session.ts';

const deadlineMs = 5_000;

test('a refused login is fetched once more, and the refusal is reported if it is unchanged', async (t) => {
  const { connect, settings, login } = await createTestLedger(t);
  const asked: (Login | undefined)[] = [];
  const wrong = { ...login, password: 'hunter2' };
  const ledger = connect(settings.port, async (refused) => {
    asked.push(refused);
    return wrong;
  });
  await assert.rejects(readTotal(ledger, deadlineMs), { errno: 1045, message: /^(?!.*hunter2)/s });
  assert.deepEqual(asked, [undefined, wrong]);
});

test('many concurrent calls with a refused login all continue with the newer one', async (t) => {
  const { connect, settings, login } = await createTestLedger(t);
  const ledger = connect(settings.port, async (refused) =>
    refused === undefined ? { ...login, password: 'x' } : login,
  );
  const totals = await Promise.all(Array.from({ length: 12 }, () => readTotal(ledger, deadlineMs)));
  assert.equal(totals.length, 12);
});

test('an unavailable login fails the work with its reason, and the next work fetches it again', async (t) => {
  const { connect, settings, login } = await createTestLedger(t);
  let isAway = true;
  const ledger = connect(settings.port, async () => {
    if (isAway) throw new Error('The secret is away');
    return login;
  });
  await assert.rejects(readTotal(ledger, deadlineMs), { message: 'The secret is away' });
  isAway = false;
  assert.deepEqual(await readTotal(ledger, deadlineMs), { rowsCount: 0, latestValue: 0 });
});

test('the deadline also covers the fetch of the login', async (t) => {
  const { connect, settings } = await createTestLedger(t);
  const ledger = connect(settings.port, () => new Promise(() => undefined));
  await assert.rejects(readTotal(ledger, 50), { code: 'LEDGER_TIMEOUT' });
});

test('a newer login closes the connections of the previous one when they are idle', async (t) => {
  const { connect, settings, login, query } = await createTestLedger(t);
  const admin = await query('SELECT CONNECTION_ID() AS id');
  const sessions = async () => {
    const [row] = await query(
      'SELECT COUNT(*) AS n FROM information_schema.processlist WHERE db = DATABASE() AND id <> ?',
      [admin[0]?.['id']],
    );
    return Number(row?.['n']);
  };
  const name = `rotated_${randomBytes(4).toString('hex')}`;
  let current = login;
  const ledger = connect(settings.port, () => Promise.resolve(current));
  await ledger.run(async (connection) => {
    await inSession(settings, async (session) => {
      await session.query("CREATE USER ?@'%' IDENTIFIED BY 'p'", [name]);
      await session.query("GRANT ALL ON *.* TO ?@'%'", [name]);
    });
    current = { username: name, password: 'p' };
    await readTotal(ledger, deadlineMs);
    // Work that began with the old login finishes with it.
    const [rows] = await connection.query('SELECT CURRENT_USER() AS me');
    assert.match(JSON.stringify(rows), /root@/);
  }, deadlineMs);
  await waitUntil(async () => (await sessions()) === 1);
  await inSession(settings, (session) => session.query("DROP USER ?@'%'", [name]));
});

test('one session runs one statement at a time, and ends when its work fails', async (t) => {
  const { settings, query } = await createTestLedger(t);
  await assert.rejects(
    inSession(settings, (session) => session.query('SELECT 1; SELECT 2')),
    { errno: 1064 },
  );
  const proxy = await createProxy(t, settings.port);
  await assert.rejects(
    inSession({ ...settings, port: proxy.port }, async (session) => {
      proxy.cut();
      await session.query('SELECT 1');
    }),
  );
  assert.equal((await query('SELECT 1')).length, 1);
});
