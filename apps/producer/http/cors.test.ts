import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectTo, createTestServer, problemOf, readAnswer } from '../test-server.test.ts';

const corsNames = /^(?:access-control-|vary$)/;
const corsOf = (headers: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => corsNames.test(name)));

const preflight = {
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'content-type',
} as const;

test('with several allowed origins, that of the request is echoed, with Vary: Origin', async (t) => {
  const { server } = createTestServer(t, {}, { corsOrigin: ['https://a.example', 'https://b.example:8443'] });
  for (const origin of ['https://a.example', 'https://b.example:8443']) {
    for (const url of ['/count', '/nothing']) {
      const { headers } = await server.inject({ url, headers: { origin } });
      assert.deepEqual([headers['access-control-allow-origin'], headers['vary']], [origin, 'Origin']);
    }
    const { headers } = await server.inject({ method: 'OPTIONS', url: '/count', headers: { origin, ...preflight } });
    assert.equal(headers['access-control-allow-methods'], 'POST, GET, HEAD, OPTIONS');
  }
  for (const origin of [
    'https://b.example',
    'https://a.example.evil',
    'null',
    'https://a.example, https://b.example',
  ]) {
    const { headers } = await server.inject({ method: 'OPTIONS', url: '/count', headers: { origin, ...preflight } });
    assert.deepEqual(corsOf(headers), { vary: 'Origin' }, origin);
  }
});

test('without an allowed origin no answer has a CORS header, not even an error', async (t) => {
  const bench = createTestServer(t, { enqueue: async () => 'full' }, { corsOrigin: [] });
  const { server, ask } = bench;
  const headers = { origin: 'https://a.example' };
  for (const answer of [
    await server.inject({ url: '/count', headers }),
    await server.inject({ url: '/nothing', headers }),
    await server.inject({ url: '/%ff', headers }),
    await server.inject({ method: 'OPTIONS', url: '/count', headers: { ...headers, ...preflight } }),
    await server.inject({ method: 'PROPFIND' as 'PUT', url: '/count', headers }),
    await ask('postCount', { headers, body: '{"count":1}' }),
  ])
    assert.deepEqual(corsOf(answer.headers), {});
  const socket = await connectTo(t, bench);
  socket.write('rubbish\r\n\r\n');
  assert.deepEqual(corsOf((await readAnswer(socket)).headers), {});
});

test('a browser keeps a preflight for ten minutes', async (t) => {
  const { server } = createTestServer(t);
  const { headers } = await server.inject({ method: 'OPTIONS', url: '/count', headers: preflight });
  assert.equal(headers['access-control-max-age'], '600');
});

test('a request that a page can send without a preflight is not accepted as a count', async (t) => {
  const { server, enqueued } = createTestServer(t, {}, { corsOrigin: [] });
  for (const type of [
    undefined,
    '',
    'text/plain',
    'text/plain; application/json',
    'text/plain;charset=application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=application/json',
    'application/jsonp',
  ]) {
    for (const url of ['/count', '/counts']) {
      const { statusCode: status, ...answer } = await server.inject({
        method: 'POST',
        url,
        headers: { origin: 'https://evil.example', ...(type === undefined ? {} : { 'content-type': type }) },
        payload: Buffer.from(url === '/count' ? '{"count":1}' : '{"counts":[1]}'),
      });
      assert.equal(status, 415, `${type} ${answer.body}`);
      assert.equal(problemOf({ status, ...answer }).code, 'unsupported_media_type');
    }
  }
  assert.deepEqual(enqueued, []);
});

test('a request for an unlisted host gets 421, however it names the host', async (t) => {
  const allowedHosts = ['localhost', '127.0.0.1:5080'];
  for (const [line, host, status] of [
    ['GET /count HTTP/1.1', 'localhost:1', 200],
    ['GET /count HTTP/1.1', '127.0.0.1:5080', 200],
    ['GET http://localhost/count HTTP/1.1', 'localhost', 200],
    ['GET /count HTTP/1.1', '127.0.0.1:5081', 421],
    ['GET /count HTTP/1.1', 'evil.example', 421],
    ['GET /nothing HTTP/1.1', 'evil.example', 421],
    ['OPTIONS * HTTP/1.1', 'evil.example', 421],
    ['PUT /count HTTP/1.1', 'evil.example', 421],
    ['GET /count HTTP/1.0', 'evil.example', 421],
    ['GET /count HTTP/1.1', '', 421],
    ['GET http://evil.example/count HTTP/1.1', 'localhost', 421],
    ['GET HTTP://localhost@evil.example/count HTTP/1.1', 'localhost', 421],
    ['GET http://localhost/count HTTP/1.1', 'evil.example', 421],
  ] as const) {
    const bench = createTestServer(t, {}, { allowedHosts });
    const socket = await connectTo(t, bench);
    socket.write(`${line}\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
    const answer = await readAnswer(socket);
    assert.equal(answer.status, status, `${line}, ${host}`);
    if (status !== 421) continue;
    const { code, detail } = problemOf(answer);
    assert.equal(code, 'host_not_allowed');
    assert.match(detail, /HTTP_ALLOWED_HOSTS/);
  }
});

test('a count for an unlisted host is not accepted', async (t) => {
  const { ask, enqueued } = createTestServer(t, {}, { allowedHosts: ['localhost'] });
  assert.equal((await ask('postCount', { headers: { host: 'evil.example' }, body: '{"count":1}' })).status, 421);
  assert.equal((await ask('postCount', { headers: { host: 'localhost:5080' }, body: '{"count":1}' })).status, 201);
  assert.equal(enqueued.length, 1);
});
