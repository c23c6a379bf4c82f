import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { test, type TestContext } from 'node:test';
import { runFullSpeed } from './full-speed.ts';
import { runVisible } from './visible.ts';

const serve = async (t: TestContext, listener: RequestListener): Promise<number> => {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(address !== null && typeof address !== 'string');
  return address.port;
};

// Without writeHead, which would omit Content-Length.
const answer = (response: ServerResponse, status: number, body: object): void => {
  response.statusCode = status;
  response.end(JSON.stringify(body));
};

const fullSpeed = (port: number) =>
  runFullSpeed({ kind: 'full speed', request: 'count', ports: [port], connections: 4, ms: 50 });

test('a 503 is counted apart and is no request that was answered', async (t) => {
  let requests = 0;
  const port = await serve(t, (request, response) => {
    requests += 1;
    request.resume();
    answer(response, requests === 1 ? 503 : 201, {});
  });
  const result = await fullSpeed(port);
  assert.equal(result.refused, 1);
  assert.equal(result.requests, requests - 1);
});

test('an answer that is no success ends the load and says what it was', async (t) => {
  const port = await serve(t, (request, response) => {
    request.resume();
    answer(response, 400, { title: 'no' });
  });
  await assert.rejects(fullSpeed(port), /answered 400: \{"title":"no"\}/);
});

test('load that is refused as a whole is no load', async (t) => {
  const port = await serve(t, (request, response) => {
    request.resume();
    answer(response, 503, { title: 'away' });
  });
  await assert.rejects(fullSpeed(port), /were answered 503: \{"title":"away"\}/);
});

test('a server that stalls is charged for each count that was due meanwhile', async (t) => {
  const stallMs = 400;
  let rows = 0;
  const port = await serve(t, (request, response) => {
    request.resume();
    const tell = () => {
      if (request.method === 'POST') rows += 1;
      answer(response, request.method === 'POST' ? 201 : 200, { rows_count: rows });
    };
    if (request.method === 'POST' && rows === 0) setTimeout(tell, stallMs);
    else tell();
  });
  // One connection sends nothing while the first request is held. All of these are due before its
  // answer.
  const result = await runVisible({ kind: 'visible', port, connections: 1, perSecond: 100, ms: 200 });
  assert.equal(result.requests, 20);
  assert.ok(result.p50 > stallMs - 110, `the median was ${result.p50} ms`);
});
