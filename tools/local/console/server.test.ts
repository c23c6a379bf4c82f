import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as startRequest, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { findFreePort } from '../servers/ports.ts';
import { createBalancer } from './balance.ts';
import { servePage } from './page-files.ts';
import { createConsoleServer } from './server.ts';

const listen = async (t: TestContext, server: Server): Promise<number> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return address.port;
};

const startProducer = (t: TestContext, listener: RequestListener) => listen(t, createServer(listener));

const writePage = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-page-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<p>The page</p>');
  writeFileSync(join(folder, 'assets/a.js'), 'let a;');
  writeFileSync(join(folder, 'assets/a.js.br'), 'as brotli');
  writeFileSync(join(folder, 'assets/a.js.gz'), 'as gzip');
  return folder;
};

const startConsole = async (t: TestContext, producers: readonly number[], folder = writePage(t)) => {
  const balancer = createBalancer({ address: '127.0.0.1', ports: producers });
  t.after(balancer.close);
  return listen(t, createConsoleServer({ page: servePage(folder), balancer, hosts: ['localhost', '127.0.0.1'] }));
};

/** Sends a request with its path unchanged. */
const ask = async (port: number, path: string, { method = 'GET', headers = {}, body = '' } = {}) => {
  const request = startRequest({ port, host: '127.0.0.1', path, method, headers, agent: false });
  request.end(body);
  const [response] = await once(request, 'response');
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
};

test('the page is never cached, its hashed files permanently, and both have the strict policy', async (t) => {
  const port = await startConsole(t, []);
  const page = await ask(port, '/?a=b');
  assert.equal(page.body, '<p>The page</p>');
  assert.equal(page.headers['cache-control'], 'no-cache');
  assert.equal(page.headers['vary'], 'Accept-Encoding');
  assert.deepEqual(page.headers['content-security-policy'].split('; ').toSorted(), [
    "base-uri 'none'",
    "connect-src 'self'",
    "default-src 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "img-src 'self'",
    "require-trusted-types-for 'script'",
    "script-src 'self'",
    "style-src 'self'",
  ]);
  assert.equal((await ask(port, '/', { headers: { 'if-none-match': page.headers.etag } })).status, 304);
  const script = await ask(port, '/assets/a.js');
  assert.equal(script.headers['cache-control'], 'public, max-age=31536000, immutable');
  assert.equal(script.headers['x-content-type-options'], 'nosniff');
  assert.equal((await ask(port, '/', { method: 'POST' })).status, 405);
});

test('a file is sent in the best encoding that the client accepts, and HEAD gets its headers only', async (t) => {
  const port = await startConsole(t, []);
  for (const [accepted, encoding, body] of [
    ['gzip, deflate, br, zstd', 'br', 'as brotli'],
    ['gzip', 'gzip', 'as gzip'],
    ['br;q=0, gzip', 'gzip', 'as gzip'],
    ['identity', undefined, 'let a;'],
  ] as const) {
    const headers = { 'accept-encoding': accepted };
    const got = await ask(port, '/assets/a.js', { headers });
    assert.deepEqual([got.headers['content-encoding'], got.body], [encoding, body], accepted);
    const head = await ask(port, '/assets/a.js', { method: 'HEAD', headers });
    assert.deepEqual([head.status, head.headers['content-length'], head.body], [200, String(body.length), '']);
  }
  assert.equal((await ask(port, '/assets/a.js.br')).status, 404);
});

test('a request for a range gets the whole file', async (t) => {
  const port = await startConsole(t, []);
  for (const range of ['bytes=0-0', 'bytes=-2', 'bytes=5-2', 'bytes=99-', 'bytes=x', 'items=0-1']) {
    const { status, body } = await ask(port, '/', { headers: { range } });
    assert.deepEqual([status, body], [200, '<p>The page</p>'], range);
  }
});

test('the page is still served after a later build removed its folder', async (t) => {
  const folder = writePage(t);
  const port = await startConsole(t, [], folder);
  rmSync(folder, { recursive: true });
  assert.equal((await ask(port, '/')).body, '<p>The page</p>');
  assert.equal((await ask(port, '/assets/a.js')).body, 'let a;');
});

test('no path leaves the folder of the page: a browser is redirected to it, others get 404', async (t) => {
  const port = await startConsole(t, []);
  for (const path of [
    '/../package.json',
    '/assets/../../package.json',
    '/%2e%2e/package.json',
    '//etc/passwd',
    '/apiary',
  ]) {
    assert.equal((await ask(port, path)).status, 404, path);
    const { status, headers } = await ask(port, path, { headers: { accept: 'text/html' } });
    assert.deepEqual([status, headers.location], [302, '/']);
  }
});

test('requests go to the producers in turn, without the prefix, and answers are passed on', async (t) => {
  const answerAs =
    (name: string): RequestListener =>
    (request, response) => {
      response.writeHead(201, { 'x-name': name });
      void text(request).then((whole) => response.end(`${request.method} ${request.url} ${whole}`));
    };
  const port = await startConsole(t, [await startProducer(t, answerAs('a')), await startProducer(t, answerAs('b'))]);
  const answers = [];
  for (let index = 0; index < 4; index += 1) {
    answers.push(await ask(port, '/api/count?x=1', { method: 'POST', body: 'abc' }));
  }
  assert.equal(answers.map(({ headers }) => String(headers['x-name'])).filter((name) => name === 'a').length, 2);
  assert.deepEqual([...new Set(answers.map(({ body }) => body))], ['POST /count?x=1 abc']);
  assert.equal((await ask(port, '/api')).body, 'GET / ');
});

test('a producer without a connection is skipped, body included, and without any producer there is a problem document', async (t) => {
  const gone = await findFreePort();
  const body = 'x'.repeat(500_000);
  const producer = await startProducer(t, (request, response) => {
    void text(request).then((whole) => response.end(String(whole.length)));
  });
  const port = await startConsole(t, [gone, producer]);
  for (let index = 0; index < 3; index += 1) {
    assert.equal((await ask(port, '/api/counts', { method: 'POST', body })).body, '500000');
  }
  const lonely = await ask(await startConsole(t, [gone]), '/api/count');
  assert.equal(lonely.status, 502);
  assert.equal(lonely.headers['content-type'], 'application/problem+json');
  assert.match(JSON.parse(lonely.body).detail, /No producer/);
});

test('an event is passed on while the stream is open, and a listener that leaves ends it', async (t) => {
  const left = Promise.withResolvers<void>();
  const producer = await startProducer(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: 1\n\n');
    response.once('close', () => left.resolve());
  });
  const port = await startConsole(t, [producer]);
  const request = startRequest({ port, host: '127.0.0.1', path: '/api/events', agent: false });
  request.on('error', () => undefined);
  request.end();
  const [response] = await once(request, 'response');
  const [chunk] = await once(response, 'data');
  assert.equal(String(chunk), 'data: 1\n\n');
  response.on('error', () => undefined);
  request.destroy();
  await left.promise;
});

test('a POST that a producer accepted but did not answer is not sent to another', async (t) => {
  const asked: string[] = [];
  const breakOff =
    (name: string): RequestListener =>
    (request) => {
      asked.push(name);
      void text(request).then(() => request.socket.destroy());
    };
  const port = await startConsole(t, [
    await startProducer(t, breakOff('one')),
    await startProducer(t, breakOff('other')),
  ]);
  assert.equal((await ask(port, '/api/count', { method: 'POST', body: '{"count":1}' })).status, 502);
  assert.equal(asked.length, 1);
});

test('a client that leaves early ends its request', async (t) => {
  const [asked, left] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const producer = await startProducer(t, (request) => {
    asked.resolve();
    request.socket.once('close', () => left.resolve());
  });
  const request = startRequest({ port: await startConsole(t, [producer]), path: '/api/count', agent: false });
  request.on('error', () => undefined);
  request.end();
  await asked.promise;
  request.destroy();
  await left.promise;
});

test('hop-by-hop headers are removed, but a body keeps its length, so it cannot smuggle a request', async (t) => {
  const seen: string[] = [];
  const producer = await startProducer(t, (request, response) => {
    void text(request).then((body) => {
      seen.push(`${request.method} ${request.url} ${body}`);
      response.end(JSON.stringify(request.headers));
    });
  });
  const port = await startConsole(t, [producer]);
  const kept = await ask(port, '/api/count', {
    headers: { connection: 'close, x-mine', 'x-mine': '1', 'x-other': '2' },
  });
  assert.deepEqual([JSON.parse(kept.body)['x-mine'], JSON.parse(kept.body)['x-other']], [undefined, '2']);

  const smuggled = 'POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n';
  for (const method of ['GET', 'DELETE']) {
    const headers = { connection: 'close, content-length', 'content-length': String(smuggled.length) };
    await ask(port, '/api/health', { method, headers, body: smuggled });
    // The next request of the same connection, if one had been smuggled in between.
    await ask(port, '/api/ready');
  }
  assert.deepEqual(seen, [
    'GET /count ',
    `GET /health ${smuggled}`,
    'GET /ready ',
    `DELETE /health ${smuggled}`,
    'GET /ready ',
  ]);
});

test('a producer gets its own Host, and that of the client in X-Forwarded-Host', async (t) => {
  const producer = await startProducer(t, (request, response) => response.end(JSON.stringify(request.headers)));
  const port = await startConsole(t, [producer]);
  const { body } = await ask(port, '/api/count', { headers: { host: `localhost:${port}` } });
  const { host, 'x-forwarded-host': forwarded } = JSON.parse(body);
  assert.deepEqual([host, forwarded], [`127.0.0.1:${producer}`, `localhost:${port}`]);
});

test('a request for another host gets neither the page nor an answer of the API', async (t) => {
  let asked = 0;
  const producer = await startProducer(t, (_request, response) => {
    asked += 1;
    response.end('read');
  });
  const port = await startConsole(t, [producer]);
  for (const [path, host] of [
    ['/', 'evil.example'],
    ['/api/count', 'evil.example'],
    ['/api/count', `evil.example:${port}`],
    ['/api/count', 'localhost.evil.example'],
    ['http://evil.example/api/count', 'localhost'],
    ['http://localhost/api/count', 'evil.example'],
  ] as const) {
    const { status, headers, body } = await ask(port, path, { headers: { host } });
    assert.deepEqual([status, headers['content-type']], [421, 'application/problem+json'], `${path} ${host}`);
    assert.equal(JSON.parse(body).code, 'host_not_allowed');
  }
  assert.equal(asked, 0);
});
