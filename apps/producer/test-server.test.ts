import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { problem, problemMediaType, type Problem } from '@sluice/contract/problem.ts';
import { routes, type Route } from '@sluice/contract/routes.ts';
import type { IdempotencyKey } from '@sluice/queue/append/key-records.ts';
import { createLogger } from '@sluice/runtime/logging/logger.ts';
import { createServer, type ServerDependencies } from './server.ts';

// Shared helpers of the tests of this folder. The name ends with `.test.ts` so that only tests can
// use it.

type RouteName = keyof typeof routes;
type StatusOf<Name extends RouteName> = keyof (typeof routes)[Name]['answers'] & number;
type Answer = { readonly status: number; readonly headers: Readonly<Record<string, unknown>>; readonly body: string };
type Asked = {
  readonly method?: 'HEAD';
  readonly headers?: Record<string, string>;
  readonly query?: string;
  readonly body?: string;
};

export const hostname = 'host-1';

/**
 * Asserts that an answer matches the contract of its route and status: media type, body, headers.
 * Reports the answer as seen in the test's report, where tests/contract looks for it.
 */
export const assertAnswer = <Name extends RouteName>(
  t: TestContext,
  name: Name,
  status: StatusOf<Name>,
  answer: Answer,
): void => {
  assert.equal(answer.status, status, answer.body);
  const { answers }: Route = routes[name];
  const described = answers[status];
  assert.ok(described !== undefined);
  const { body, mediaType = body === problem ? problemMediaType : 'application/json' } = described;
  if (body === undefined) {
    assert.equal(answer.body, '');
  } else {
    assert.ok(String(answer.headers['content-type']).startsWith(mediaType), String(answer.headers['content-type']));
    if (described.mediaType === undefined) body.parse(JSON.parse(answer.body));
  }
  if (status === 503 || status === 429) assert.match(String(answer.headers['retry-after']), /^[1-9]\d*$/);
  if (status === 401) assert.match(String(answer.headers['www-authenticate']), /^Bearer /);
  assert.equal(answer.headers['access-control-allow-origin'], '*');
  t.diagnostic(`answers ${name} ${status}`);
};

/** Creates a server whose dependencies all work, except those that a test replaces. */
export const createTestServer = (
  t: TestContext,
  dependencies: Partial<ServerDependencies> = {},
  settings: Partial<Parameters<typeof createServer>[1]> = {},
) => {
  const enqueued: { readonly counts: readonly number[]; readonly key: string | undefined }[] = [];
  const keys: (IdempotencyKey | undefined)[] = [];
  const refused: string[] = [];
  const logger = createLogger('test', 'fatal');
  const logged: { readonly fields: unknown; readonly message: unknown }[] = [];
  for (const level of ['warn', 'error'] as const)
    t.mock.method(logger, level, (fields: unknown, message: unknown) => logged.push({ fields, message }));
  const server = createServer(
    {
      hostname,
      enqueue: async (counts, key) => {
        enqueued.push({ counts, key: key?.key });
        keys.push(key);
        return 'acknowledged';
      },
      readTotal: async () => ({ rowsCount: 2, latestValue: -5 }),
      readPage: async () => ({ counts: [], next: undefined }),
      readQueueState: async () => ({
        waitingBatches: 1,
        oldestAgeMs: 2.4,
        inFlightBatches: 3,
        consumers: 4,
        deadLetters: 5,
        isPaused: false,
      }),
      readQueueReadiness: async () => 'up',
      isLedgerUp: async () => true,
      readFindings: () => [],
      onRefused: (code) => refused.push(code),
      ...dependencies,
    },
    { corsOrigin: '*', logger, ...settings },
  );
  t.after(() => server.close());

  /** Calls a route and returns its answer. */
  const ask = async (name: RouteName, { method, headers = {}, query = '', body }: Asked = {}) => {
    const route: Route = routes[name];
    const response = await server.inject({
      method: method ?? route.method,
      url: route.path + query,
      headers: route.method === 'POST' ? { 'content-type': 'application/json', ...headers } : headers,
      ...(body === undefined ? {} : { payload: body }),
    });
    return { status: response.statusCode, headers: response.headers, body: response.body };
  };

  return { server, ask, enqueued, keys, refused, logged };
};

/** Parses an answer as a problem document. */
export const problemOf = ({ status, headers, body }: Answer): Problem => {
  assert.ok(String(headers['content-type']).startsWith(problemMediaType));
  const document = problem.parse(JSON.parse(body));
  assert.equal(document.status, status);
  return document;
};

/** Connects to a server, which starts to listen. The connection ends after the test. */
export const connectTo = async (
  t: TestContext,
  { server }: Pick<ReturnType<typeof createTestServer>, 'server'>,
): Promise<Socket> => {
  if (!server.server.listening) await server.listen({ host: '127.0.0.1', port: 0 });
  // The type of an address depends on the transport.
  const { port } = server.server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
};

/**
 * Closes a server in virtual time: its timers and its clock advance by 10 ms in each turn of the
 * event loop. So a busy machine adds nothing. Resolves to the virtual time in ms until the server
 * was closed.
 */
export const closeInVirtualTime = async (
  t: TestContext,
  { server }: Pick<ReturnType<typeof createTestServer>, 'server'>,
): Promise<number> => {
  const startedAt = performance.now();
  let tookMs = 0;
  t.mock.method(performance, 'now', () => startedAt + tookMs);
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  let isClosed = false;
  const closed = server.close().then(() => {
    isClosed = true;
  });
  for (; !isClosed; tookMs += 10) {
    t.mock.timers.tick(10);
    await setImmediate();
  }
  await closed;
  return tookMs;
};

/** Reads until the other side closes the connection, and parses one answer. */
export const readAnswer = async (socket: Socket): Promise<Answer> => parseAnswer(await text(socket));

/** Parses one answer from the bytes of a connection. */
export const parseAnswer = (received: string): Answer => {
  const [head = '', body = ''] = received.split('\r\n\r\n', 2);
  const [first = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { status: Number(/^HTTP\/1.1 (\d{3}) /.exec(first)?.[1]), headers: Object.fromEntries(headers), body };
};
