import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { text } from 'node:stream/consumers';
import { routes } from '@sluice/contract/routes.ts';
import {
  assertAnswer,
  closeInVirtualTime,
  connectTo,
  createTestServer,
  hostname,
  parseAnswer,
  problemOf,
} from '../test-server.test.ts';

const question = 'GET /events HTTP/1.1\r\nhost: x\r\n\r\n';
const away = () => Promise.reject(new Error('away'));

/** Listens until an event has arrived. Returns everything received so far. */
const listen = async (t: Parameters<typeof createTestServer>[0], bench: ReturnType<typeof createTestServer>) => {
  const socket = await connectTo(t, bench);
  socket.write(question);
  let received = '';
  while (!received.includes('\ndata: ')) received += String((await once(socket, 'data'))[0]);
  const event: unknown = JSON.parse(/^data: (.*)$/m.exec(received)?.[1] ?? '');
  return { socket, received, event: routes.getEvents.answers[200].body.parse(event) };
};

test('an event has the answers of GET /count and GET /queue, and proxies must not store or buffer it', async (t) => {
  const bench = createTestServer(t);
  const { received, event } = await listen(t, bench);
  const answer = parseAnswer(received);
  assertAnswer(t, 'getEvents', 200, answer);
  assert.equal(answer.headers['cache-control'], 'no-store');
  assert.equal(answer.headers['x-accel-buffering'], 'no');
  assert.match(received, /^retry: \d+$/m);
  const { monotonic_ms: readAtMs, ...state } = event;
  assert.ok(readAtMs > 0 && readAtMs <= performance.now() + 1);
  assert.deepEqual(state, {
    count: { rows_count: 2, latest_value: -5, hostname },
    queue: JSON.parse((await bench.ask('getQueue')).body),
    findings: [],
  });
});

for (const [what, dependencies, isNull] of [
  ['the ledger', { readTotal: away }, { count: true, queue: false }],
  ['the queue', { readQueueState: away }, { count: false, queue: true }],
  ['both', { readTotal: away, readQueueState: away }, { count: true, queue: true }],
] as const) {
  test(`events continue with null while ${what} cannot be read`, async (t) => {
    const { event } = await listen(t, createTestServer(t, dependencies));
    assert.deepEqual({ count: event.count === null, queue: event.queue === null }, isNull);
  });
}

test('a listener beyond the maximum gets 503, as does HEAD', async (t) => {
  const bench = createTestServer(t);
  await connectTo(t, bench);
  const sockets = await Promise.all(Array.from({ length: 500 }, () => connectTo(t, bench)));
  for (const socket of sockets) socket.write(question);
  await Promise.all(sockets.map((socket) => once(socket, 'data')));
  const answer = await bench.ask('getEvents');
  assertAnswer(t, 'getEvents', 503, answer);
  assert.equal(problemOf(answer).code, 'too_many_listeners');
  assert.equal((await bench.ask('getEvents', { method: 'HEAD' })).status, 503);
});

test('a listener of another client replaces the newest one of the client with the most', async (t) => {
  const bench = createTestServer(t, {}, { clientAddressHeader: 'x-client' });
  const ask = async (client: string) => {
    const socket = await connectTo(t, bench);
    socket.write(question.replace('\r\n\r\n', `\r\nx-client: ${client}\r\n\r\n`));
    const [first] = await once(socket, 'data');
    assert.match(String(first), /^HTTP\/1\.1 200/);
    return socket;
  };
  const greedy: Socket[] = [];
  while (greedy.length < 500) greedy.push(await ask('192.0.2.1'));
  const ended = new Promise((resolve) => {
    let tail = '';
    greedy.at(-1)?.on('data', (bytes) => {
      tail = (tail + String(bytes)).slice(-5);
      if (tail === '0\r\n\r\n') resolve(undefined);
    });
  });
  const modest = await ask('192.0.2.2');
  await ended;
  // The stream continues: another event follows the first one.
  await once(modest, 'data');
  const refused = await bench.ask('getEvents', { headers: { 'x-client': '192.0.2.1' } });
  assert.equal(problemOf(refused).code, 'too_many_listeners');
});

test('the stream of a client that half-closes ends at once and frees its place', async (t) => {
  const bench = createTestServer(t);
  await connectTo(t, bench);
  const sockets = await Promise.all(Array.from({ length: 500 }, () => connectTo(t, bench)));
  await Promise.all(
    sockets.map(async (socket) => {
      socket.write(question);
      await once(socket, 'data');
    }),
  );
  // A client that closes its side right after the request gets the head, and then its place is
  // free.
  const [first, ...rest] = sockets;
  assert.ok(first !== undefined);
  const ending = text(first);
  first.end();
  assert.match(await ending, /0\r\n\r\n$/);
  const hasty = await connectTo(t, bench);
  hasty.end(question);
  assert.match(await text(hasty), /^HTTP\/1\.1 200 [^]*retry: 2000[^]*0\r\n\r\n$/);
  const { socket } = await listen(t, bench);
  socket.destroy();
  for (const other of rest) other.destroy();
});

test('a closing server ends its streams at once', async (t) => {
  const bench = createTestServer(t);
  const { socket } = await listen(t, bench);
  const [rest, tookMs] = await Promise.all([text(socket), closeInVirtualTime(t, bench)]);
  assert.match(rest, /0\r\n\r\n$/);
  assert.ok(tookMs < 1_000, `it took ${tookMs} ms`);
});

test('a stream ends when its token is removed, and not before', async (t) => {
  const tokens = new Set(['one', 'other']);
  let fails = false;
  const isTokenValid = async (token: string) => {
    if (fails) throw new Error('away');
    return tokens.has(token);
  };
  const bench = createTestServer(t, { tokenGuard: { isTokenValid, tokensFor: 'all' } });
  const ask = async (token: string) => {
    const socket = await connectTo(t, bench);
    socket.write(question.replace('\r\n\r\n', `\r\nauthorization: Bearer ${token}\r\n\r\n`));
    const [first] = await once(socket, 'data');
    assert.match(String(first), /^HTTP\/1\.1 200/);
    return socket;
  };
  t.mock.timers.enable({ apis: ['setInterval'] });
  const [one, other] = [await ask('one'), await ask('other')];
  // The last chunk has no bytes.
  const ended = new Promise<void>((resolve) => {
    one.on('data', (bytes: Buffer) => String(bytes).endsWith('0\r\n\r\n') && resolve());
  });
  fails = true;
  t.mock.timers.tick(60_000);
  assert.match(String((await once(other, 'data'))[0]), /data: /);
  fails = false;
  tokens.delete('one');
  t.mock.timers.tick(60_000);
  await ended;
  assert.match(String((await once(other, 'data'))[0]), /data: /);
});
