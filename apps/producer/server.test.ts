import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { problem, problemMediaType } from '@sluice/contract/problem.ts';
import { routes } from '@sluice/contract/routes.ts';
import { createLogger } from '@sluice/runtime/logger.ts';
import { createServer, type ServerParts } from './server.ts';

const hostname = 'host-1';

const setUp = (test: TestContext, parts: Partial<ServerParts> = {}) => {
  const enqueued: number[] = [];
  const server = createServer(
    {
      hostname,
      enqueue: async (counts) => {
        enqueued.push(...counts);
        return 'acknowledged';
      },
      readTotal: async () => ({ rowsCount: 2, latestValue: -5 }),
      isQueueUp: async () => true,
      isLedgerUp: async () => true,
      ...parts,
    },
    { corsOrigin: '*', logger: createLogger('test', 'fatal') },
  );
  test.after(() => server.close());
  const post = (body: string, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
    server.inject({ method: 'POST', url: '/count', headers, payload: body });
  return { server, enqueued, post };
};

/** Asserts that an answer is a problem document and gives it back. */
const problemOf = (response: { statusCode: number; headers: Record<string, unknown>; body: string }) => {
  assert.ok(String(response.headers['content-type']).startsWith(problemMediaType));
  const document = problem.parse(JSON.parse(response.body));
  assert.equal(document.status, response.statusCode);
  return document;
};

test('GET / is empty, and GET /health is as it always was', async (t) => {
  const { server } = setUp(t);
  const root = await server.inject('/');
  assert.deepEqual([root.statusCode, root.body], [200, '']);
  const health = await server.inject('/health');
  assert.equal(health.statusCode, 200);
  assert.deepEqual(health.json(), {
    status: 'healthy',
    message: 'application is running without issues',
    hostname,
  });
});

test('POST /count answers when the count is acknowledged', async (t) => {
  const { post, enqueued } = setUp(t);
  const response = await post('{"count":1700000000}');
  assert.equal(response.statusCode, 201);
  assert.deepEqual(routes.postCount.answers[201].body.parse(response.json()), {
    message: 'Value added to Redis queue',
    value: 1_700_000_000,
    hostname,
  });
  assert.deepEqual(enqueued, [1_700_000_000]);
});

for (const [text, value] of [
  ['0', 0],
  ['-0', -0],
  ['1.0', 1],
  ['1e3', 1000],
  ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ['-9007199254740991', Number.MIN_SAFE_INTEGER],
] as const) {
  test(`the count ${text} is taken`, async (t) => {
    const { post, enqueued } = setUp(t);
    assert.equal((await post(`{"count":${text}}`)).statusCode, 201);
    assert.deepEqual(enqueued, [value]);
  });
}

for (const [body, pointer] of [
  ['{"count":1.5}', '#/count'],
  ['{"count":"1"}', '#/count'],
  ['{"count":true}', '#/count'],
  ['{"count":null}', '#/count'],
  ['{"count":[1]}', '#/count'],
  ['{"count":9007199254740992}', '#/count'],
  ['{"count":-9007199254740992}', '#/count'],
  ['{"count":1e400}', '#/count'],
  ['{}', '#/count'],
  ['{"count":1,"more":2}', '#/more'],
  ['{"count":1,"a/b~c\\ud800":2}', '#/a~1b~0c%EF%BF%BD'],
  ['[1]', '#'],
  ['7', '#'],
] as const) {
  test(`the body ${body} is refused, and the fault located`, async (t) => {
    const { post, enqueued } = setUp(t);
    const response = await post(body);
    assert.equal(response.statusCode, 400);
    assert.equal(problemOf(response).errors?.[0]?.pointer, pointer);
    assert.deepEqual(enqueued, []);
  });
}

for (const body of ['', '{', '{"count":1', 'count=1', '{"count":NaN}', '{"__proto__":{"count":1}}']) {
  test(`the body ${JSON.stringify(body)} is refused as no JSON`, async (t) => {
    const { post } = setUp(t);
    const response = await post(body);
    assert.equal(response.statusCode, 400);
    assert.equal(problemOf(response).code, 'invalid_json');
  });
}

test('a body that is not declared as JSON is refused', async (t) => {
  const { post } = setUp(t);
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml']) {
    const response = await post('{"count":1}', { 'content-type': type });
    assert.equal(response.statusCode, 415);
    assert.equal(problemOf(response).code, 'unsupported_media_type');
  }
});

test('a body over 1 MiB is refused', async (t) => {
  const { post } = setUp(t);
  const response = await post(`{"count":1${' '.repeat(1_048_576)}}`);
  assert.equal(response.statusCode, 413);
  assert.equal(problemOf(response).code, 'body_too_large');
});

for (const [outcome, code] of [
  ['full', 'queue_full'],
  ['unavailable', 'queue_unavailable'],
] as const) {
  test(`a queue that is ${outcome} is a 503 that says when to try again`, async (t) => {
    const { post } = setUp(t, { enqueue: async () => outcome });
    const response = await post('{"count":1}');
    assert.equal(response.statusCode, 503);
    assert.equal(problemOf(response).code, code);
    assert.match(String(response.headers['retry-after']), /^\d+$/);
  });
}

test('GET /count answers with the number of rows and the latest value', async (t) => {
  const { server } = setUp(t);
  const response = await server.inject('/count');
  assert.deepEqual(routes.getCount.answers[200].body.parse(response.json()), {
    rows_count: 2,
    latest_value: -5,
    hostname,
  });
});

test('a ledger that is away is a 503, and nothing of its error is shown', async (t) => {
  const { server } = setUp(t, { readTotal: () => Promise.reject(new Error('secret-host refused')) });
  const response = await server.inject('/count');
  assert.equal(response.statusCode, 503);
  assert.equal(problemOf(response).code, 'ledger_unavailable');
  assert.doesNotMatch(response.body, /secret-host/);
});

for (const [isQueueUp, isLedgerUp, status] of [
  [true, true, 200],
  [true, false, 200],
  [false, true, 503],
  [false, false, 503],
] as const) {
  test(`with the queue ${isQueueUp ? 'up' : 'down'} and the ledger ${isLedgerUp ? 'up' : 'down'} readiness is ${status}`, async (t) => {
    const { server } = setUp(t, { isQueueUp: async () => isQueueUp, isLedgerUp: async () => isLedgerUp });
    const response = await server.inject('/ready');
    assert.equal(response.statusCode, status);
    assert.deepEqual(response.json(), {
      status: status === 200 ? 'ready' : 'not ready',
      queue: isQueueUp ? 'up' : 'down',
      ledger: isLedgerUp ? 'up' : 'down',
      hostname,
    });
  });
}

test('a path that is not there is a 404, a method that a path does not take a 405 with Allow', async (t) => {
  const { server } = setUp(t);
  const missing = await server.inject('/nothing');
  assert.equal(missing.statusCode, 404);
  assert.equal(problemOf(missing).code, 'not_found');
  for (const method of ['PUT', 'DELETE', 'PATCH'] as const) {
    const refused = await server.inject({ method, url: '/count?x=1' });
    assert.equal(refused.statusCode, 405);
    assert.equal(problemOf(refused).code, 'method_not_allowed');
    assert.equal(refused.headers['allow'], 'POST, GET, HEAD, OPTIONS');
  }
});

test('HEAD answers as GET does, without the body', async (t) => {
  const { server } = setUp(t);
  const response = await server.inject({ method: 'HEAD', url: '/count' });
  assert.deepEqual([response.statusCode, response.body], [200, '']);
});

test('a preflight is told what a page of another origin may send', async (t) => {
  const { server } = setUp(t);
  const response = await server.inject({
    method: 'OPTIONS',
    url: '/count',
    headers: {
      'origin': 'https://example.org',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
    },
  });
  assert.equal(response.statusCode, 204);
  assert.equal(response.headers['access-control-allow-origin'], '*');
  assert.match(String(response.headers['access-control-allow-methods']), /POST/);
  assert.match(String(response.headers['access-control-allow-headers']), /content-type/i);
});

test('every answer may be read by pages of other origins, errors too', async (t) => {
  const { server, post } = setUp(t);
  for (const response of [await server.inject('/count'), await server.inject('/nothing'), await post('{')]) {
    assert.equal(response.headers['access-control-allow-origin'], '*');
  }
});

test('an error of our own is a 500 that says nothing of its cause', async (t) => {
  const { post } = setUp(t, { enqueue: () => Promise.reject(new Error('secret')) });
  const response = await post('{"count":1}');
  assert.equal(response.statusCode, 500);
  assert.equal(problemOf(response).code, 'internal_error');
  assert.doesNotMatch(response.body, /secret/);
});

for (const [what, bytes, status] of [
  ['what is not HTTP', 'rubbish\r\n\r\n', 400],
  ['two lengths that disagree', 'POST /count HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}', 400],
  ['a length beside chunks', 'POST /count HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n', 400],
  ['headers over 16 KiB', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(17_000)}\r\n\r\n`, 431],
] as const) {
  test(`${what} gets ${status}, a problem document, and the connection is ended`, async (t) => {
    const { server } = setUp(t);
    await server.listen({ host: '127.0.0.1', port: 0 });
    const socket = connect((server.server.address() as AddressInfo).port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(bytes);
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    assert.match(head, new RegExp(`^HTTP/1.1 ${status} `));
    assert.match(head, /content-type: application\/problem\+json/);
    assert.equal(problem.parse(JSON.parse(body)).status, status);
  });
}
