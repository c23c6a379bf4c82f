import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { createProxy } from '@sluice/test-servers/proxy/proxy.ts';
import { connectFor, openAdmin, plainSettings, startRedis } from '@sluice/test-servers/queue.ts';
import { makeCertificate, startRedisWithTls } from '@sluice/test-servers/tls.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import type { RedisConnection } from './connection.ts';

const ping = (connection: RedisConnection, deadlineMs = 3_000) =>
  connection.run('key', (client) => client.ping(), deadlineMs);
const clientId = (connection: RedisConnection) => connection.run('key', (client) => client.clientId(), 3_000);

test('with TLS a certificate of a known authority for this host is accepted', async (t) => {
  const { tlsPort, ca } = await startRedisWithTls(t);
  const connection = connectFor(t, { ...plainSettings(tlsPort), tls: true, ca });
  assert.equal(await ping(connection), 'PONG');
});

for (const [what, address, isKnown] of [
  ['of an unknown authority', '127.0.0.1', false],
  ['for another host', '127.0.0.2', true],
] as const) {
  test(`with TLS a certificate ${what} is refused`, async (t) => {
    const { tlsPort, ca } = await startRedisWithTls(t, address);
    const errors: unknown[] = [];
    const settings = { ...plainSettings(tlsPort), tls: true, ca: isKnown ? ca : makeCertificate(t).ca };
    const connection = connectFor(t, settings, (error) => errors.push(error));
    await assert.rejects(ping(connection, 500), { code: 'QUEUE_TIMEOUT' });
    assert.match(inspect(errors), /certificate/i);
  });
}

test('a password that changes at run time is fetched again, and appears in no error', async (t) => {
  const { port } = await startRedis(t, ['--user', 'sluice', 'on', '>first-secret', '~*', '+@all']);
  const admin = await openAdmin(t, port);
  const errors: unknown[] = [];
  let password = 'first-secret';
  const credentials = async () => ({ username: 'sluice', password });
  const connection = connectFor(t, { ...plainSettings(port), credentials }, (error) => errors.push(error));
  assert.equal(await connection.run('key', (client) => client.aclWhoAmI(), 3_000), 'sluice');

  await admin.aclSetUser('sluice', ['resetpass', '>second-secret']);
  await admin.sendCommand(['CLIENT', 'KILL', 'USER', 'sluice']);
  await waitUntil(() => inspect(errors).includes('WRONGPASS'));
  await assert.rejects(ping(connection, 300), { code: 'QUEUE_TIMEOUT' });
  password = 'second-secret';
  assert.equal(await ping(connection), 'PONG');
  assert.doesNotMatch(inspect(errors, { depth: 10 }), /first-secret|second-secret/);
});

test('a user without the right to a key gets an error, and the connection stays open', async (t) => {
  const { port } = await startRedis(t, ['--user', 'sluice', 'on', '>secret', '~{q:*', '+@all']);
  const credentials = async () => ({ username: 'sluice', password: 'secret' });
  const connection = connectFor(t, { ...plainSettings(port), credentials });
  await assert.rejects(
    connection.run('other', (client) => client.get('other'), 3_000),
    /NOPERM/,
  );
  assert.equal(await connection.run('{q:0}', (client) => client.get('{q:0}'), 3_000), null);
});

test('a server that repeats the handshake in its error does not leak the password into ours', async (t) => {
  const { port } = await startRedis(t, ['--rename-command', 'HELLO', '']);
  const errors: unknown[] = [];
  connectFor(t, plainSettings(port, 'hush-hush'), (error) => errors.push(error));
  await waitUntil(() => errors.length > 0);
  assert.match(inspect(errors), /unknown command/);
  assert.doesNotMatch(inspect(errors, { depth: 10 }), /hush/);
});

test('a session is replaced before it ends, and a blocked read still gets its answer', async (t) => {
  const { port } = await startRedis(t);
  const admin = await openAdmin(t, port);
  let logins = 0;
  const credentials = async () => {
    logins++;
    return {};
  };
  const errors: unknown[] = [];
  const settings = { ...plainSettings(port), credentials, sessionMs: 200 };
  const connection = connectFor(t, settings, (error) => errors.push(error));
  const first = await clientId(connection);
  const blocked = connection.run('list', (client) => client.blPop('list', 5), 6_000);
  await waitUntil(() => logins >= 3);
  await admin.rPush('list', 'x');
  assert.equal((await blocked)?.element, 'x');
  assert.notEqual(await clientId(connection), first);
  assert.deepEqual(errors, []);
  // Replaced connections do not stay open.
  await waitUntil(async () => (await admin.clientList()).length <= 3);
});

test('a silent connection is replaced', async (t) => {
  const { port } = await startRedis(t);
  const proxy = await createProxy(t, port);
  const connection = connectFor(t, plainSettings(proxy.port));
  const first = await clientId(connection);
  proxy.swallowReplies(true);
  await assert.rejects(ping(connection, 100), { code: 'QUEUE_TIMEOUT' });
  proxy.swallowReplies(false);
  assert.notEqual(await clientId(connection), first);
});

test('a connection waits for slow credentials', async (t) => {
  const { port } = await startRedis(t);
  const slow = Promise.withResolvers<{ password?: string }>();
  let asked = 0;
  const credentials = () => {
    asked++;
    return slow.promise;
  };
  const connection = connectFor(t, { ...plainSettings(port), credentials });
  for (let attempt = 0; attempt < 3; attempt++) await assert.rejects(ping(connection, 50), { code: 'QUEUE_TIMEOUT' });
  slow.resolve({});
  assert.equal(await ping(connection), 'PONG');
  assert.equal(asked, 1);
});

test('a connection that is closed while connecting leaves no socket', async (t) => {
  const { port } = await startRedis(t);
  const admin = await openAdmin(t, port);
  const others = async () => (await admin.clientList()).length - 1;
  for (let round = 0; round < 50; round++) {
    const connection = connectFor(t, plainSettings(port));
    // Closes at a different moment of connecting in each round.
    for (let turn = 0; turn < round % 10; turn++) await new Promise(setImmediate);
    connection.close();
  }
  await waitUntil(async () => (await others()) === 0);
});
