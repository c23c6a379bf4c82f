import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { connectTo, createTestServer } from '../test-server.test.ts';

const postOf = (body: string, type = 'application/json', path = '/count'): string =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
const count = postOf('{"count":1}');
const get = 'GET /count HTTP/1.1\r\nhost: x\r\n\r\n';
const largest = postOf('-12345678\n'.repeat(10_000), 'application/x-ndjson', '/counts');

/**
 * Sends all of `requests` and closes this side of the connection. Returns the status of each
 * answer.
 */
const sendAndEnd = async (socket: Socket, requests: string): Promise<number[]> => {
  socket.end(requests);
  return [...(await text(socket)).matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
};

/** Creates a server that acks slowly, as Redis does: the input ends before the ack. */
const slowServer = (t: TestContext) => {
  const enqueued: number[] = [];
  const bench = createTestServer(t, {
    enqueue: async (counts) => {
      await delay(20);
      enqueued.push(...counts);
      return 'acknowledged';
    },
  });
  return { bench, enqueued };
};

for (const [what, requests, expected] of [
  ['a count', count, [201]],
  ['counts that fill many reads', largest, [201]],
  ['requests in a row', count + get + count, [201, 200, 201]],
  ['more requests than are parsed at once', count.repeat(40), Array.from({ length: 40 }, () => 201)],
  ['a body that is no JSON', count + postOf('{'), [201, 400]],
  [
    'bodies that are no JSON',
    (postOf('{') + count).repeat(20),
    Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? 400 : 201)),
  ],
  ['a request and half of another', count + count.slice(0, -3), [201, 400]],
  ['half a body', count.slice(0, -3), [400]],
  ['half a head', count.slice(0, 30), [400]],
  ['nothing', '', []],
] as const) {
  test(`a client that half-closes after ${what} gets every answer`, async (t) => {
    const { bench, enqueued } = slowServer(t);
    const socket = await connectTo(t, bench);
    const closed = once(socket, 'close');
    assert.deepEqual(await sendAndEnd(socket, requests), expected);
    await closed;
    const acknowledged = expected.filter((status) => status === 201).length;
    assert.equal(enqueued.length, requests === largest ? 10_000 : acknowledged);
  });
}
