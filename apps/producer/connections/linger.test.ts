import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { connectTo, createTestServer, parseAnswer, problemOf, readAnswer } from '../test-server.test.ts';

const post = 'POST /count HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';
const count = `${post}content-length: 11\r\n\r\n{"count":1}`;
// More than the buffers of the system take: an unread answer blocks its writer.
const bulk = 'x'.repeat(16 * 1_048_576);

const write = (socket: Socket, bytes: string): Promise<void> =>
  promisify((done: (error?: Error | null) => void) => socket.write(bytes, 'latin1', done))();

for (const [what, start, status] of [
  ['a body that is too large', `${post}content-length: ${bulk.length}\r\n\r\n`, 413],
  ['a chunk that is too large', `${post}transfer-encoding: chunked\r\n\r\n${bulk.length.toString(16)}\r\n`, 413],
  ['a header at fault', `${post}host: y\r\ncontent-length: ${bulk.length}\r\n\r\n`, 400],
  ['headers that do not end', 'GET / HTTP/1.1\r\nx: ', 431],
  ['what is no HTTP', 'rubbish\r\n\r\n', 400],
  ['a tunnel', 'CONNECT x:80 HTTP/1.1\r\nhost: x\r\n\r\n', 405],
] as const) {
  test(`a client that reads only after sending everything still gets the answer to ${what}`, async (t) => {
    const socket = await connectTo(t, createTestServer(t));
    socket.pause();
    await write(socket, start + bulk);
    const answer = await readAnswer(socket);
    problemOf(answer);
    assert.equal(answer.status, status);
  });
}

for (const [what, refused] of [
  ['a body that is too large', `${post}content-length: ${bulk.length}\r\n\r\n${bulk}`],
  ['a header at fault', `${post}host: y\r\ncontent-length: 11\r\n\r\n{"count":1}`],
  ['the last request', count.replace('host: x', 'host: x\r\nconnection: close')],
] as const) {
  test(`bytes that a client sends after ${what} are read and discarded`, async (t) => {
    const bench = createTestServer(t);
    const { remotePort = 0 } = await connectTo(t, bench);
    const socket = connect({ port: remotePort, host: '127.0.0.1', allowHalfOpen: true });
    t.after(() => socket.destroy());
    socket.write(refused, 'latin1');
    const { status } = parseAnswer(await text(socket));
    const enqueued = status === 201 ? 1 : 0;
    const closed = once(socket, 'close');
    await write(socket, `${count}${count}${post}content-length: ${bulk.length}\r\n\r\n${bulk}`);
    socket.end();
    await closed;
    assert.equal(bench.enqueued.length, enqueued);
  });
}

test('a client that sends CONNECT and resets the connection causes no error', async (t) => {
  const bench = createTestServer(t);
  const { remotePort = 0 } = await connectTo(t, bench);
  const accepted = once(bench.server.server, 'connection');
  const socket = connect({ port: remotePort, host: '127.0.0.1', allowHalfOpen: true });
  const [served] = (await accepted) as [Socket];
  socket.write('CONNECT x:80 HTTP/1.1\r\nhost: x\r\n\r\n');
  assert.equal((await readAnswer(socket)).status, 405);
  // Not `once` of events, which would listen for errors too.
  const closed = Promise.withResolvers<void>();
  served.once('close', () => closed.resolve());
  socket.resetAndDestroy();
  await closed.promise;
});

test('a client that keeps sending after its final response is disconnected', async (t) => {
  const bench = createTestServer(t);
  const { remotePort = 0 } = await connectTo(t, bench);
  const accepted = once(bench.server.server, 'connection');
  const socket = connect({ port: remotePort, host: '127.0.0.1', allowHalfOpen: true });
  t.after(() => socket.destroy());
  const [served] = (await accepted) as [Socket];
  t.mock.timers.enable({ apis: ['setTimeout'] });
  socket.write(`${post}content-length: ${bulk.length}\r\n\r\n`);
  assert.equal((await readAnswer(socket)).status, 413);
  await write(socket, 'more');
  t.mock.timers.tick(4_999);
  assert.equal(served.destroyed, false);
  const closed = once(served, 'close');
  t.mock.timers.tick(1);
  await closed;
});
