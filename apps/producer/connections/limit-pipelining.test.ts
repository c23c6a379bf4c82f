import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { connectTo, createTestServer } from '../test-server.test.ts';

const get = 'GET /health HTTP/1.1\r\nhost: x\r\n\r\n';
const getLast = 'GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';
const post = (count: number, more = ''): string =>
  `POST /count HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${more}content-length: ${`{"count":${count}}`.length}\r\n\r\n{"count":${count}}`;

const statusesOf = (received: string): number[] =>
  [...received.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));

test('many pipelined requests are all answered, in order', async (t) => {
  const bench = createTestServer(t);
  const socket = await connectTo(t, bench);
  const counts = Array.from({ length: 3_000 }, (_, index) => index);
  socket.write(counts.map((count) => post(count)).join('') + getLast);
  const received = await text(socket);
  const values = [...received.matchAll(/"value":(\d+)/g)].map(([, value]) => Number(value));
  assert.deepEqual(values, counts);
  assert.equal(statusesOf(received).length, counts.length + 1);
  assert.deepEqual(
    bench.enqueued.flatMap((request) => request.counts),
    counts,
  );
});

test('each byte of a request is parsed once, however long the request is', async (t) => {
  const bench = createTestServer(t);
  const socket = await connectTo(t, bench);
  const paddings = Array.from({ length: 60 }, (_, index) => index * 100);
  for (const [count, padding] of paddings.entries()) {
    socket.write(post(count, `x-padding: ${'a'.repeat(padding)}\r\n`));
    const [answer] = await once(socket, 'data');
    assert.match(String(answer), new RegExp(`^HTTP/1.1 201 [^]*"value":${count},`), `${padding} bytes more`);
  }
  assert.deepEqual(
    bench.enqueued.flatMap((request) => request.counts),
    [...paddings.keys()],
  );
});

for (const [what, request] of [
  ['GETs', get],
  ['POSTs', post(1)],
  ['GETs and POSTs in turns', get + post(1)],
] as const) {
  test(`only a few of many pipelined ${what} are in progress at once`, async (t) => {
    const answers = Promise.withResolvers<'acknowledged'>();
    const total = Promise.withResolvers<{ rowsCount: number; latestValue: number }>();
    let asked = 0;
    const bench = createTestServer(t, {
      enqueue: () => answers.promise,
      readTotal: () => total.promise,
    });
    bench.server.server.on('request', () => (asked += 1));
    const connected = once(bench.server.server, 'connection');
    const socket = await connectTo(t, bench);
    const [served] = (await connected) as [Socket];
    const requests = 6_000;
    // The first request waits, so no request after it can be answered.
    socket.write(`GET /count HTTP/1.1\r\nhost: x\r\n\r\n${request.repeat(requests)}${getLast}`);
    // Another connection's requests are answered in between, which takes some turns of the event
    // loop.
    for (let turn = 0; turn < 20; turn += 1) {
      const other = await connectTo(t, bench);
      other.write(getLast);
      assert.deepEqual(statusesOf(await text(other)), [200]);
    }
    assert.ok(asked - 20 < 100, `${asked} requests were parsed`);
    assert.ok(served.bytesRead < 131_072, `${served.bytesRead} bytes were read`);
    total.resolve({ rowsCount: 0, latestValue: 0 });
    answers.resolve('acknowledged');
    const expected = requests * (what === 'GETs and POSTs in turns' ? 2 : 1) + 2;
    assert.equal(statusesOf(await text(socket)).length, expected);
  });
}

test('many connections together have only a few pipelined requests in progress', async (t) => {
  const total = Promise.withResolvers<{ rowsCount: number; latestValue: number }>();
  const bench = createTestServer(t, { readTotal: () => total.promise });
  let asked = 0;
  bench.server.server.on('request', () => (asked += 1));
  await connectTo(t, bench);
  const sockets = await Promise.all(Array.from({ length: 100 }, () => connectTo(t, bench)));
  const answered = sockets.map((socket) => text(socket));
  const requests = 60;
  for (const socket of sockets) socket.write('GET /count HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(requests) + getLast);
  for (let turn = 0; turn < 20; turn += 1) {
    const other = await connectTo(t, bench);
    other.write(getLast);
    assert.deepEqual(statusesOf(await text(other)), [200]);
  }
  assert.ok(asked < 2_500, `${asked} requests were parsed`);
  total.resolve({ rowsCount: 0, latestValue: 0 });
  for (const received of await Promise.all(answered)) assert.equal(statusesOf(received).length, requests + 1);
});

test('the server stops reading from a client that does not read its answers, and resumes when it does', async (t) => {
  const bench = createTestServer(t);
  let asked = 0;
  bench.server.server.on('request', () => (asked += 1));
  const socket = await connectTo(t, bench);
  socket.pause();
  const requests = 4_000;
  socket.write('GET /docs HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(requests) + getLast);
  const other = await connectTo(t, bench);
  for (let turn = 0; turn < 50; turn += 1) {
    other.write(get);
    await once(other, 'data');
  }
  assert.ok(asked - 50 < requests, `${asked} requests were parsed`);
  assert.equal(statusesOf(await text(socket)).length, requests + 1);
});

test('requests after a final response are not parsed', async (t) => {
  const bench = createTestServer(t);
  const socket = await connectTo(t, bench);
  let asked = 0;
  bench.server.server.on('request', () => (asked += 1));
  socket.write(getLast + post(1).repeat(1_000));
  assert.deepEqual(statusesOf(await text(socket)), [200]);
  assert.ok(asked < 20, `${asked} requests were parsed`);
  assert.deepEqual(bench.enqueued, []);
});

test('the rest of a refused body is read but not parsed', async (t) => {
  const bench = createTestServer(t);
  let parts = 0;
  bench.server.server.prependListener('request', (request: IncomingMessage) => {
    const push = request.push.bind(request);
    t.mock.method(request, 'push', (part: unknown) => {
      parts += 1;
      return push(part);
    });
  });
  const maxParts = 16_384;
  const head =
    'POST /counts HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n';
  // The mocked timer of the lingering close never fires. So the connection closes only after the
  // server has read all input.
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const closed = once(bench.server.server, 'connection').then(([served]: Socket[]) => once(served ?? socket, 'close'));
  const socket = await connectTo(t, bench);
  socket.write(head + '1\r\n \r\n'.repeat(40 * maxParts));
  assert.deepEqual(statusesOf(await text(socket)), [413]);
  await closed;
  assert.ok(parts > maxParts && parts < 4 * maxParts, `${parts} parts were parsed`);
});

test('broken connections with requests in progress release their share of the common limit', async (t) => {
  let total = Promise.withResolvers<{ rowsCount: number; latestValue: number }>();
  const bench = createTestServer(t, { readTotal: () => total.promise });
  for (let turn = 0; turn < 40; turn += 1) {
    const socket = await connectTo(t, bench);
    const asked = once(bench.server.server, 'request');
    socket.write('GET /count HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(100));
    const [{ socket: served }] = (await asked) as [{ socket: Socket }];
    const closed = new Promise((resolve) => served.once('close', resolve));
    socket.resetAndDestroy();
    // A paused socket is found to be closed only when the server writes to it.
    total.resolve({ rowsCount: 0, latestValue: 0 });
    await closed;
    total = Promise.withResolvers();
  }
  total.resolve({ rowsCount: 0, latestValue: 0 });
  const socket = await connectTo(t, bench);
  socket.write('GET /count HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(300) + getLast);
  assert.equal(statusesOf(await text(socket)).length, 301);
});

test('requests pipelined after a body that is too large are neither executed nor answered', async (t) => {
  const bench = createTestServer(t);
  const socket = await connectTo(t, bench);
  const bad = `POST /count HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n${' '.repeat(5_000)}`;
  socket.write(bad + post(1).repeat(20));
  assert.deepEqual(statusesOf(await text(socket)), [413]);
  assert.deepEqual(bench.enqueued, []);
});
