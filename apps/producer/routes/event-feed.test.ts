import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { createEventFeed } from './event-feed.ts';

const setUp = async (t: TestContext, read: () => Promise<object>, maxWaitingBytes = 65_536) => {
  const feed = createEventFeed({ read, maxWaitingBytes });
  const answers: ServerResponse[] = [];
  const server = createServer((_request, response) => {
    answers.push(response);
    feed.add(response.writeHead(200));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    feed.close();
    server.closeAllConnections();
    server.close();
  });
  const listen = async () => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    t.after(() => socket.destroy());
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    return socket;
  };
  return { feed, listen, answers };
};

/**
 * Resolves when `isSo` returns true. It polls: the result changes with events of the connections.
 */
const until = async (isSo: () => boolean) => {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
};

test('the state is read once a second for all listeners, and a new listener gets the last event at once', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let reads = 0;
  const { listen } = await setUp(t, async () => ({ reads: (reads += 1) }));
  const received = ['', ''];
  for (const index of [0, 1]) {
    const socket = await listen();
    socket.on('data', (chunk) => (received[index] += String(chunk)));
    await until(() => received[index]?.includes('data: {"reads":1}') === true);
  }
  for (const second of [2, 3]) {
    t.mock.timers.tick(1_000);
    await until(() => received.every((text) => text.includes(`data: {"reads":${second}}`)));
  }
  assert.equal(reads, 3);
});

test('nothing is read without listeners', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let reads = 0;
  const { feed, listen } = await setUp(t, async () => ({ reads: (reads += 1) }));
  const sockets = [await listen(), await listen()];
  await until(() => feed.listeners() === 2 && reads === 1);
  for (const socket of sockets) socket.destroy();
  await until(() => feed.listeners() === 0);
  t.mock.timers.tick(10_000);
  assert.equal(reads, 1);
  const socket = await listen();
  const [chunk] = await once(socket, 'data');
  assert.doesNotMatch(String(chunk), /"reads":1/);
});

test('a listener that does not keep up is dropped, and the others continue', async (t) => {
  const data = 'x'.repeat(8_000_000);
  // A busy machine sends an event to the quick listener within five seconds.
  const { feed, listen } = await setUp(t, async () => ({ data }), 5 * data.length);
  const slow = await listen();
  slow.pause();
  const quick = await listen();
  quick.resume();
  while (feed.listeners() < 2) await once(quick, 'data');
  while (feed.listeners() === 2) await once(quick, 'data');
  await once(quick, 'data');
});

test('a listener that was ended, and does not take what is written, is closed, and the others continue', async (t) => {
  const data = 'x'.repeat(8_000_000);
  const { feed, listen, answers } = await setUp(t, async () => ({ data }), Infinity);
  const deaf = await listen();
  deaf.pause();
  await until(() => (answers[0]?.writableLength ?? 0) > 0);
  answers[0]?.end();
  const quick = await listen();
  quick.resume();
  while (feed.listeners() < 2) await once(quick, 'data');
  while (feed.listeners() === 2) await once(quick, 'data');
  assert.equal(answers[0]?.destroyed, true);
  await once(quick, 'data');
});

test('a listener that joins after the end is ended at once', async (t) => {
  const { feed, listen } = await setUp(t, async () => ({}));
  feed.close();
  const socket = await listen();
  const [chunk] = await once(socket, 'data');
  assert.match(String(chunk), /\r\n\r\n0\r\n\r\n$/);
});
