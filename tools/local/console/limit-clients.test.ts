import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, request as startRequest, type RequestListener } from 'node:http';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { findFreePort } from '../servers/ports.ts';
import { repository } from '../folder.ts';

const waitUntil = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await pause(10);
};

/** Starts a producer that counts its connections. */
const startProducer = async (t: TestContext, listener: RequestListener) => {
  const server = createServer(listener).listen(0, '127.0.0.1');
  const seen = { open: 0, most: 0, requests: 0 };
  server.on('connection', (socket) => {
    seen.open += 1;
    seen.most = Math.max(seen.most, seen.open);
    socket.once('close', () => (seen.open -= 1));
  });
  server.on('request', () => (seen.requests += 1));
  await once(server, 'listening');
  t.after(() => server.close());
  t.after(() => server.closeAllConnections());
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return { port: address.port, seen };
};

/** Starts the console as `npm start` does, in a separate process. */
const startConsole = async (t: TestContext, producer: number) => {
  const port = await findFreePort();
  const main = `${repository}/tools/local/console/main.ts`;
  const options = [
    '--repository',
    repository,
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--producer',
    String(producer),
  ];
  const child = spawn(process.execPath, [main, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) if (line.startsWith('listening')) break;
  const residentBytes = () =>
    1024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]);
  return { port, residentBytes, hasEnded: () => child.exitCode !== null || child.signalCode !== null };
};

const open = async (t: TestContext, port: number): Promise<Socket> => {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
};

const ask = async (port: number): Promise<number> => {
  const request = startRequest({ port, host: '127.0.0.1', path: '/api/count', agent: false });
  request.end();
  const [response] = await once(request, 'response');
  await text(response);
  return response.statusCode;
};

const get = 'GET /api/count HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';
const flood = Buffer.from(get.repeat(Math.floor(65_536 / get.length)));
const chunked =
  'POST /api/count HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n1;x=y\r\na\r\n0\r\nx: y\r\n\r\n';
const floods = [flood, Buffer.from((chunked + get).repeat(Math.floor(65_536 / (chunked.length + get.length))))];

test(
  'clients that pipeline endlessly cost few connections and little memory, and others are served',
  { timeout: 120_000 },
  async (t) => {
    const producer = await startProducer(t, (request, response) => {
      request.resume();
      setTimeout(() => response.end('{}'), 20);
    });
    const { port, residentBytes, hasEnded } = await startConsole(t, producer.port);
    assert.equal(await ask(port), 200);
    const before = residentBytes();
    let closed = 0;
    let isOver = false;
    t.after(() => {
      isOver = true;
    });
    const attack = async (bytes: Buffer) => {
      while (!isOver) {
        const socket = await open(t, port);
        socket.resume();
        // The connection ends with a reset, on which `once` would throw.
        const end = new Promise<void>((resolve) => socket.once('close', () => resolve()));
        for (let writes = 0; writes < 10 && !socket.destroyed; writes += 1) socket.write(bytes);
        await end;
        closed += 1;
      }
    };
    const attacks = Array.from({ length: 6 }, (_, index) => attack(floods[index % 2] ?? flood));
    while (closed < 200) assert.equal(await ask(port), 200);
    isOver = true;
    await Promise.all(attacks);
    assert.ok(!hasEnded());
    t.diagnostic(JSON.stringify({ ...producer.seen, closed, residentBytes: residentBytes(), before }));
    // One for each client, and those of clients that have just left.
    assert.ok(producer.seen.most <= 100, `${producer.seen.most} connections to the producer`);
    assert.ok(producer.seen.requests < 12 * closed, `${producer.seen.requests} requests for ${closed} connections`);
    const grown = (residentBytes() - before) / 1_048_576;
    assert.ok(grown < 300, `the console has grown by ${Math.round(grown)} MiB`);
  },
);

test('a few pipelined requests are answered one after the other, in order', async (t) => {
  let atOnce = 0;
  let most = 0;
  let count = 0;
  const producer = await startProducer(t, (_request, response) => {
    atOnce += 1;
    most = Math.max(most, atOnce);
    count += 1;
    const body = `<${count}>`;
    setTimeout(() => {
      atOnce -= 1;
      response.end(body);
    }, 10);
  });
  const { port } = await startConsole(t, producer.port);
  const socket = await open(t, port);
  let received = '';
  socket.on('data', (chunk) => (received += String(chunk)));
  socket.write(get.repeat(5));
  await waitUntil(() => received.includes('<5>'));
  assert.deepEqual(received.match(/<\d>/g), ['<1>', '<2>', '<3>', '<4>', '<5>']);
  assert.equal(most, 1);
});

test('idle connections are closed for new ones, and those with a request stay', async (t) => {
  const held = Promise.withResolvers<void>();
  const producer = await startProducer(t, (request, response) => {
    if (request.url === '/events') void held.promise.then(() => response.end('held'));
    else response.end('{}');
  });
  const { port } = await startConsole(t, producer.port);
  const listener = await open(t, port);
  const whole = text(listener);
  listener.write('GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n');
  await waitUntil(() => producer.seen.requests === 1);
  const idle: Socket[] = [];
  for (let index = 0; index < 400; index += 1) idle.push(await open(t, port));
  for (let index = 0; index < 5; index += 1) assert.equal(await ask(port), 200);
  await waitUntil(() => idle.filter((socket) => socket.closed).length >= 100);
  held.resolve();
  assert.match(await whole, /held$/);
});
