import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { evictConnections } from './evict.ts';

const closeOf = (socket: Socket): Promise<void> => new Promise((resolve) => void socket.once('close', () => resolve()));

const get = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';

/** Starts a server with room for `maxConnections`. The test may hold back its answers. */
const setUp = async (t: TestContext, maxConnections: number) => {
  const held = Promise.withResolvers<void>();
  const server: Server = createServer((request, response) => {
    if (request.url === '/held') void held.promise.then(() => response.end());
    else if (request.url === '/large') response.end('x'.repeat(32_000_000));
    else response.end();
  });
  const { heard } = evictConnections(server, maxConnections);
  server.on('connection', (socket) => socket.on('data', () => heard(socket)));
  server.listen(0, '::');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;

  /** Opens a connection from a local address and sends `bytes`. */
  const open = async (localAddress = '127.0.0.1', bytes = ''): Promise<Socket> => {
    const accepted = once(server, 'connection');
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    socket.on('error', () => undefined);
    t.after(() => socket.destroy());
    await Promise.all([accepted, once(socket, 'connect')]);
    if (bytes !== '') socket.write(bytes);
    return socket;
  };
  const served = async (localAddress?: string) => {
    const socket = await open(localAddress, get);
    await once(socket, 'data');
    return socket;
  };
  const isServed = async (socket: Socket): Promise<boolean> => {
    socket.write(get);
    return Promise.race([once(socket, 'data').then(() => true), closeOf(socket).then(() => false)]);
  };
  return { open, served, isServed, release: held.resolve, server };
};

test('a full server accepts a new connection and evicts the one that was idle longest', async (t) => {
  const { open, served, isServed } = await setUp(t, 3);
  const first = await open();
  const others = [await open(), await open()];
  const closed = closeOf(first);
  const newest = await served();
  await closed;
  for (const socket of [newest, ...others]) assert.equal(await isServed(socket), true);
});

test('a connection that was served before is kept over one that never was', async (t) => {
  const { open, served, isServed } = await setUp(t, 3);
  const startedAt = performance.now();
  const kept = await served();
  const idle = [await open(), await open()];
  const idleSince = performance.now();
  // Its idle time counts a tenth.
  await waitUntil(() => performance.now() - idleSince > (performance.now() - startedAt) / 10);
  const closed = closeOf(idle[0] ?? kept);
  await served();
  await closed;
  assert.equal(await isServed(kept), true);
});

test('a connection of the client with the most is evicted, not one of another client that is idle longer', async (t) => {
  const { open, isServed } = await setUp(t, 4);
  const modest = await open('127.0.0.2');
  const greedy = [await open(), await open(), await open()];
  const closed = greedy.map((socket) => closeOf(socket).then(() => socket));
  const newcomer = await open('127.0.0.3');
  assert.equal(await Promise.race(closed), greedy[0]);
  assert.equal(await isServed(modest), true);
  assert.equal(await isServed(newcomer), true);
});

for (const [what, bytes] of [
  ['half a head', 'GET / HTTP/1.1\r\nho'],
  ['half a body', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n12345'],
] as const) {
  test(`a connection with ${what} is evicted`, async (t) => {
    const { open, served } = await setUp(t, 2);
    const slow = [await open('127.0.0.1', bytes), await open('127.0.0.1', bytes)];
    const closed = slow.map((socket) => closeOf(socket));
    await served();
    await Promise.race(closed);
  });
}

test('a connection whose client does not read its answer is evicted', async (t) => {
  const { open, served, server } = await setUp(t, 1);
  const asked = once(server, 'request');
  const slow = await open('127.0.0.1', 'GET /large HTTP/1.1\r\nhost: x\r\n\r\n');
  slow.pause();
  await asked;
  await served();
  slow.resume();
  await closeOf(slow);
});

test('a complete request is answered, however full the server is', async (t) => {
  const { open, served, server, release } = await setUp(t, 2);
  const sockets: Socket[] = [];
  for (let count = 0; count < 4; count += 1) {
    const asked = once(server, 'request');
    sockets.push(await open('127.0.0.1', 'GET /held HTTP/1.1\r\nhost: x\r\n\r\n'));
    await asked;
  }
  await served();
  const answers = sockets.map((socket) => once(socket, 'data'));
  release();
  for (const [answer] of await Promise.all(answers)) assert.match(String(answer), /^HTTP\/1\.1 200/);
});
