import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import {
  closeInVirtualTime,
  connectTo,
  createTestServer,
  hostname,
  parseAnswer,
  problemOf,
  readAnswer,
} from './test-server.test.ts';

const allows = [
  ['/', 'GET, HEAD, OPTIONS'],
  ['/health', 'GET, HEAD, OPTIONS'],
  ['/ready', 'GET, HEAD, OPTIONS'],
  ['/count', 'POST, GET, HEAD, OPTIONS'],
  ['/counts', 'POST, GET, HEAD, OPTIONS'],
  ['/queue', 'GET, HEAD, OPTIONS'],
  ['/events', 'GET, HEAD, OPTIONS'],
  ['/openapi.json', 'GET, HEAD, OPTIONS'],
  ['/docs', 'GET, HEAD, OPTIONS'],
] as const;

for (const [path, allow] of allows) {
  test(`${path} answers OPTIONS and HEAD, and other methods with a 405 that lists the allowed ones`, async (t) => {
    const { server } = createTestServer(t);
    const options = await server.inject({ method: 'OPTIONS', url: path });
    assert.deepEqual([options.statusCode, options.body, options.headers['allow']], [204, '', allow]);
    const head = await server.inject({ method: 'HEAD', url: path });
    assert.deepEqual([head.statusCode, head.body], [200, '']);
    for (const method of ['PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND', 'QUERY'] as const) {
      const headers = { 'content-type': 'text/plain' };
      const { statusCode: status, ...refused } = await server.inject({
        method: method as 'PUT',
        url: `${path}?x=1`,
        headers,
        payload: 'x',
      });
      assert.equal(status, 405, `${method} ${refused.body}`);
      assert.equal(problemOf({ status, ...refused }).code, 'method_not_allowed');
      assert.equal(refused.headers['allow'], allow);
    }
  });
}

for (const path of ['/nothing', '/count/', '/Count', '/count/1', '/counts.json', '/count;x', '/docs/docs.js']) {
  for (const method of ['GET', 'POST', 'OPTIONS', 'PUT'] as const) {
    test(`${method} ${path} is a 404`, async (t) => {
      const { server } = createTestServer(t);
      const answer = await server.inject({
        method,
        url: path,
        headers: { 'content-type': 'text/plain' },
        payload: 'x',
      });
      assert.equal(problemOf({ status: answer.statusCode, ...answer }).code, 'not_found');
    });
  }
}

/** Sends bytes to a new server and reads its answer until the server closes the connection. */
const exchange = async (t: Parameters<typeof createTestServer>[0], bytes: string | Buffer) => {
  const bench = createTestServer(t);
  const socket = await connectTo(t, bench);
  socket.write(bytes);
  return { bench, answer: await readAnswer(socket) };
};

const end = 'host: x\r\nconnection: close\r\n\r\n';

for (const [what, line, status] of [
  ['an absolute-form URL', 'GET http://example.org/count HTTP/1.1', 200],
  ['an absolute-form URL with a query', 'GET http://example.org:80/counts?limit=1 HTTP/1.1', 200],
  ['a percent-encoded path', 'GET /%63ount HTTP/1.1', 200],
  ['a percent-encoded path and a method that it does not take', 'PUT /%63ount HTTP/1.1', 405],
  ['an absolute-form URL and a method that it does not take', 'PUT http://example.org/count HTTP/1.1', 405],
  ['a path that is not percent-encoded UTF-8', 'GET /%ff HTTP/1.1', 400],
  ['a path with a broken escape', 'GET /count%zz HTTP/1.1', 400],
  ['a path without its slash', 'GET count HTTP/1.1', 400],
  ['GET for the server as a whole', 'GET * HTTP/1.1', 404],
  ['OPTIONS for the server as a whole', 'OPTIONS * HTTP/1.1', 204],
  ['a path with an empty segment', 'PUT //count HTTP/1.1', 404],
  ['a path that climbs to another', 'PUT /docs/%2e%2e/count HTTP/1.1', 404],
  ['a path that climbs', 'GET /../etc/passwd HTTP/1.1', 404],
  ['HTTP/1.0', 'GET /count HTTP/1.0', 200],
] as const) {
  test(`${what} gets ${status}`, async (t) => {
    const { answer } = await exchange(t, `${line}\r\n${end}`);
    assert.equal(answer.status, status);
    assert.equal(answer.headers['access-control-allow-origin'], '*');
    if (status >= 400) problemOf(answer);
  });
}

for (const [what, bytes, status] of [
  ['what is not HTTP', 'rubbish\r\n\r\n', 400],
  ['the beginning of TLS', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]), 400],
  ['the beginning of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['a method that does not exist', `BREW /count HTTP/1.1\r\n${end}`, 400],
  ['no Host', 'GET / HTTP/1.1\r\nconnection: close\r\n\r\n', 400],
  [
    'two lengths that disagree',
    'POST /count HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}',
    400,
  ],
  [
    'a length beside chunks',
    'POST /count HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
  ],
  [
    'a chunk that is none',
    'POST /count HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
    400,
  ],
  ['two hosts', 'GET / HTTP/1.1\r\nhost: x\r\nHost: y\r\nconnection: close\r\n\r\n', 400],
  [
    'a coding that is not chunked',
    'POST /count HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip, chunked\r\nconnection: close\r\n\r\n0\r\n\r\n',
    400,
  ],
  ['HTTP/0.9', `GET / HTTP/0.9\r\n${end}`, 400],
  ['HTTP/2 without its beginning', `GET / HTTP/2.0\r\n${end}`, 400],
  ['another protocol', `DESCRIBE rtsp://x/count RTSP/1.0\r\n${end}`, 400],
  ['a host that is none', 'GET / HTTP/1.1\r\nhost: x/../y\r\nconnection: close\r\n\r\n', 400],
  ['two types', `GET / HTTP/1.1\r\ncontent-type: application/json\r\ncontent-type: text/plain\r\n${end}`, 400],
  ['two tokens', `GET / HTTP/1.1\r\nauthorization: Bearer x\r\nAuthorization: Bearer y\r\n${end}`, 400],
  [
    'chunks from HTTP/1.0',
    'POST /count HTTP/1.0\r\nhost: x\r\nconnection: keep-alive\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
  ],
  [
    'a coding that is not the last, and what it hides',
    'POST /count HTTP/1.1\r\nhost: x\r\ntransfer-encoding: identity, chunked\r\n\r\n0\r\n\r\n' +
      'POST /count HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{"count":1}',
    400,
  ],
  [
    'a coding that nobody knows, and what cannot be a body',
    'POST /count HTTP/1.1\r\nhost: x\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n',
    400,
  ],
  ['a tunnel', 'CONNECT /count HTTP/1.1\r\nhost: x\r\n\r\n', 405],
  ['headers over 16 KiB', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(17_000)}\r\n\r\n`, 431],
  ['a URL over 16 KiB', `GET /${'a'.repeat(17_000)} HTTP/1.1\r\nhost: x\r\n\r\n`, 431],
] as const) {
  test(`${what} gets ${status} with a problem document, and the connection is closed`, async (t) => {
    const { bench, answer } = await exchange(t, bytes);
    assert.equal(answer.status, status);
    assert.equal(answer.headers['access-control-allow-origin'], '*');
    assert.deepEqual(bench.refused, [problemOf(answer).code]);
    assert.deepEqual(bench.enqueued, []);
  });
}

test('the body of a GET is ignored, and the next request on the connection is read', async (t) => {
  const socket = await connectTo(t, createTestServer(t));
  socket.write(
    `GET /count HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 7\r\n\r\nrubbishGET /health HTTP/1.1\r\n${end}`,
  );
  const answers = (await text(socket)).match(/HTTP\/1.1 \d{3}/g);
  assert.deepEqual(answers, ['HTTP/1.1 200', 'HTTP/1.1 200']);
});

test('headers that do not arrive in time get 408', async (t) => {
  const bench = createTestServer(t);
  bench.server.server.headersTimeout = 100;
  for (const bytes of ['', 'GET / HTTP/1.1\r\nhost:']) {
    const socket = await connectTo(t, bench);
    socket.write(bytes);
    assert.equal(problemOf(await readAnswer(socket)).code, 'request_timeout');
  }
});

test('a client that does not read its answers loses its connection', async (t) => {
  const bench = createTestServer(t);
  const { server } = bench.server;
  assert.equal(server.timeout, 30_000);
  server.timeout = 100;
  const ended = Promise.withResolvers<void>();
  server.once('connection', (accepted) => accepted.once('close', () => ended.resolve()));
  const socket = await connectTo(t, bench);
  // More than the buffers of the system take.
  socket.write('GET /docs HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(2_000));
  await ended.promise;
});

test('invalid bytes after a request do not replace its answer', async (t) => {
  const acknowledged = Promise.withResolvers<'acknowledged'>();
  const arrived = Promise.withResolvers<void>();
  const bench = createTestServer(t, {
    enqueue: () => {
      arrived.resolve();
      return acknowledged.promise;
    },
  });
  const socket = await connectTo(t, bench);
  socket.write(
    'POST /count HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{"count":1}',
  );
  await arrived.promise;
  const refusal = once(bench.server.server, 'clientError');
  socket.write('rubbish\r\n\r\n');
  await refusal;
  acknowledged.resolve('acknowledged');
  assert.equal((await readAnswer(socket)).status, 201);
});

for (const [what, bytes, status] of [
  ['what is no HTTP', 'rubbish\r\n\r\n', 400],
  ['a tunnel', 'CONNECT x:80 HTTP/1.1\r\nhost: x\r\n\r\n', 405],
] as const) {
  test(`complete requests get their answers before ${what} after them`, async (t) => {
    const bench = createTestServer(t, {
      readTotal: async () => {
        await turn();
        return { rowsCount: 2, latestValue: -5 };
      },
    });
    const socket = await connectTo(t, bench);
    socket.write(`${'GET /count HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(2)}${bytes}`);
    const statuses = [...(await text(socket)).matchAll(/HTTP\/1.1 (\d{3})/g)].map(([, its]) => Number(its));
    assert.deepEqual(statuses, [200, 200, status]);
  });
}

test('a request with Upgrade is answered and ends the connection, because the parser stops after it', async (t) => {
  const bench = createTestServer(t);
  const socket = await connectTo(t, bench);
  const request =
    'POST /count HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\ncontent-type: application/json\r\n' +
    'content-length: 11\r\n\r\n{"count":1}';
  socket.write(request + request);
  const answer = await readAnswer(socket);
  assert.deepEqual([answer.status, answer.headers['connection']], [201, 'close']);
  assert.equal(bench.enqueued.length, 1);
});

test('a body that would be too large is refused before it is sent', async (t) => {
  const { answer } = await exchange(
    t,
    `POST /count HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: 1048577\r\nexpect: 100-continue\r\n${end}`,
  );
  assert.equal(problemOf(answer).code, 'body_too_large');
});

test('a client that sends Expect: 100-continue gets 100 Continue', async (t) => {
  const socket = await connectTo(t, createTestServer(t));
  socket.write(
    `POST /count HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: 11\r\nexpect: 100-continue\r\n${end}`,
  );
  const [first] = await once(socket, 'data');
  assert.equal(String(first), 'HTTP/1.1 100 Continue\r\n\r\n');
  socket.write('{"count":1}');
  assert.equal((await readAnswer(socket)).status, 201);
});

test('an unknown expectation is ignored', async (t) => {
  const { answer } = await exchange(t, `GET /health HTTP/1.1\r\nexpect: tea\r\n${end}`);
  assert.equal(answer.status, 200);
});

test('a closing server does not wait for unused connections, and only briefly for incomplete requests', async (t) => {
  const bench = createTestServer(t);
  await connectTo(t, bench);
  const slow = await connectTo(t, bench);
  slow.write('POST /count HTTP/1.1\r\n');
  const tookMs = await closeInVirtualTime(t, bench);
  assert.ok(tookMs < 6_000, `it took ${tookMs} ms`);
});

test('a client that sends a whole body that is too large receives the 413', async (t) => {
  const bench = createTestServer(t);
  const { remotePort } = await connectTo(t, bench);
  const url = `http://127.0.0.1:${remotePort}/counts`;
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: '1\n'.repeat(8_000_000),
  });
  assert.equal(
    problemOf({ status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() })
      .code,
    'body_too_large',
  );
});

test('a preflight returns what a page of another origin may send', async (t) => {
  const { server } = createTestServer(t);
  const { statusCode, headers } = await server.inject({
    method: 'OPTIONS',
    url: '/count',
    headers: {
      origin: 'https://example.org',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,idempotency-key,authorization',
    },
  });
  assert.equal(statusCode, 204);
  assert.equal(headers['access-control-allow-origin'], '*');
  assert.equal(headers['access-control-allow-methods'], 'POST, GET, HEAD, OPTIONS');
  assert.equal(headers['access-control-allow-headers'], 'Authorization, Content-Type, Idempotency-Key');
});

test('pages of other origins can read every answer, and the headers of an error', async (t) => {
  const { server, ask } = createTestServer(t, { enqueue: async () => 'full' });
  const full = await ask('postCount', { body: '{"count":1}' });
  const missing = await server.inject('/nothing');
  for (const { headers } of [full, missing, await ask('postCount', { body: '{' })]) {
    assert.equal(headers['access-control-allow-origin'], '*');
    assert.equal(headers['access-control-expose-headers'], 'Allow, Retry-After, WWW-Authenticate');
  }
});

test('a closing server finishes its requests, and does not wait for idle keep-alive connections', async (t) => {
  const acknowledged = Promise.withResolvers<'acknowledged'>();
  const arrived = Promise.withResolvers<void>();
  const bench = createTestServer(t, {
    enqueue: () => {
      arrived.resolve();
      return acknowledged.promise;
    },
  });
  const idle = await connectTo(t, bench);
  idle.write('GET /health HTTP/1.1\r\nhost: x\r\n\r\n');
  const [health] = await once(idle, 'data');
  assert.equal(JSON.parse(parseAnswer(String(health)).body).hostname, hostname);

  const busy = await connectTo(t, bench);
  busy.write(
    'POST /count HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{"count":1}',
  );
  await arrived.promise;
  const closed = closeInVirtualTime(t, bench);
  assert.equal(await text(idle), '');
  acknowledged.resolve('acknowledged');
  assert.equal((await readAnswer(busy)).status, 201);
  const tookMs = await closed;
  assert.ok(tookMs < 2_000, `it took ${tookMs} ms`);
});

test('no answer can be cached or sniffed as another type', async (t) => {
  const bench = createTestServer(t);
  const { server } = bench;
  const answers = [
    ...(await Promise.all(
      ['/', '/health', '/count', '/counts', '/queue', '/nothing', '/%ff'].map((url) => server.inject(url)),
    )),
    await server.inject({ method: 'PUT', url: '/count' }),
    await server.inject({ method: 'POST', url: '/count', payload: 'x' }),
    await server.inject({ method: 'OPTIONS', url: '/count' }),
  ];
  const socket = await connectTo(t, bench);
  socket.write('rubbish\r\n\r\n');
  for (const { headers } of [...answers, await readAnswer(socket)]) {
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['cache-control'], 'no-store');
  }
});

test('a request with a refused query leaves its connection usable', async (t) => {
  const socket = await connectTo(t, createTestServer(t));
  for (const status of [400, 400, 200]) {
    const path = status === 200 ? '/health' : '/counts?limit=x';
    socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
    const [answer] = await once(socket, 'data');
    assert.equal(parseAnswer(String(answer)).status, status);
  }
});
