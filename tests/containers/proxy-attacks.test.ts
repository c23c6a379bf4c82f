import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Agent, request, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import { startChildServer } from '@sluice/test-servers/child-server.ts';
import { startEnvoy } from '@sluice/test-servers/reverse-proxies/envoy.ts';
import { startNginx } from '@sluice/test-servers/reverse-proxies/nginx.ts';
import { testFile } from '@sluice/test-servers/test-file.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';

// One address exhausts the proxies, while clients of the same and of another address continue. Each
// attack uses its own address: reconnecting to a recently closed port may take half a minute.

const mib = 1_048_576;
/** The memory limit of Envoy in compose.yaml. */
const memoryLimit = 384 * mib;
const answeredWithinMs = 15_000;
const freedWithinMs = 120_000;
const rounds = 10;

const producerPort = await findFreePort();
const producer = fileURLToPath(new URL('clients/idle-producer.mjs', import.meta.url));
await startChildServer(testFile, [process.execPath, producer, String(producerPort)], async () => {
  const { ok } = await fetch(`http://127.0.0.1:${producerPort}/`);
  return ok;
});
const envoy = await startEnvoy(testFile, producerPort);
const nginx = await startNginx(testFile, envoy.frontendPort);
const ways = { Envoy: { port: envoy.port, path: '' }, nginx: { port: nginx.port, path: '/api' } } as const;
type Way = keyof typeof ways;

const residentBytes = (): number => {
  const [, kib] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${envoy.pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1_024;
};
// The memory of Envoy without the pages that its allocator keeps: how many it keeps depends on
// the number of cores and on their load.
const allocatedBytes = (): Promise<number> => envoy.readStatistic('server.memory_allocated');
const allocatedAtStart = await allocatedBytes();

type Attack = {
  readonly name: string;
  readonly connections: number;
  /** Returns the first bytes of a connection through this proxy. */
  readonly head: (way: Way) => string;
  /** The number of spaces after them. */
  readonly padding?: number;
  readonly isReading?: boolean;
};

/**
 * Opens connections that each send the same bytes and then nothing. Resolves when all are
 * connected.
 */
const openConnections = (t: TestContext, way: Way, attack: Attack, address: string) => {
  const { connections, head, padding = 0, isReading = true } = attack;
  const words = [address, ways[way].port, connections, isReading, head(way), padding].map(String);
  const command = [
    process.execPath,
    fileURLToPath(new URL('clients/open-connections.mjs', import.meta.url)),
    ...words,
  ] as const;
  return startChildServer(t, command, async (lines) => lines.includes('connected'));
};

const answerOf = (way: Way, localAddress: string, method: 'GET' | 'POST', agent: Agent | false): Promise<number> =>
  new Promise((resolve, reject) => {
    const { port, path } = ways[way];
    const body = method === 'POST' ? '{"count":1}' : '';
    const answered = async (response: IncomingMessage) => {
      await buffer(response);
      resolve(Number(response.statusCode));
    };
    const options = { port, localAddress, method, agent, timeout: answeredWithinMs };
    const sent = request({ ...options, host: '127.0.0.1', path: `${path}/count` }, (response) => {
      answered(response).catch(reject);
    });
    sent.on('error', reject);
    sent.on('timeout', () => sent.destroy(new Error(`There was no answer within ${answeredWithinMs} ms`)));
    sent.setHeader('content-length', body.length);
    sent.end(body);
  });

/**
 * Asserts that clients get answers: a GET and a POST on new connections, and a POST on a persistent
 * one.
 */
const assertOthersAreAnswered = async (way: Way, addresses: readonly string[]) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const clients = addresses.flatMap((address) => [
    () => answerOf(way, address, 'GET', false),
    () => answerOf(way, address, 'POST', false),
    () => answerOf(way, address, 'POST', agent),
  ]);
  try {
    await Promise.all(
      clients.map(async (ask) => {
        for (let round = 0; round < rounds; round++) {
          const status = await ask();
          assert.ok(status === 200 || status === 201, `The answer was ${status}`);
        }
      }),
    );
  } finally {
    agent.destroy();
  }
};

const post = (way: Way, header: string) =>
  `POST ${ways[way].path}/counts HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n${header}`;

const attacks: readonly Attack[] = [
  { name: 'connections without a byte', connections: 4_096, head: () => '' },
  {
    ...{ name: 'idle connections', connections: 4_096 },
    head: (way) => `GET ${ways[way].path}/health HTTP/1.1\r\nhost: a\r\n\r\n`,
  },
  { name: 'halves of a header', connections: 4_096, head: (way) => post(way, 'x-a: b') },
  {
    ...{ name: 'halves of a body', connections: 4_096 },
    head: (way) => post(way, 'content-length: 1000\r\n\r\n{"counts":[1'),
  },
  {
    ...{ name: 'halves of a body in chunks', connections: 1_500 },
    head: (way) => post(way, 'transfer-encoding: chunked\r\n\r\n5;a=b\r\n{"cou\r\n'),
  },
  {
    ...{ name: 'bodies of 1 MiB less a byte', connections: 300, padding: mib - 1 },
    head: (way) => post(way, `content-length: ${mib}\r\n\r\n`),
  },
  {
    ...{ name: 'answers that are not read', connections: 1_500, isReading: false },
    head: (way) => `GET ${ways[way].path}/counts?limit=1000 HTTP/1.1\r\nhost: a\r\n\r\n`,
  },
];

// Requests that nginx forwards reach the same Envoy.
const ofNginx = new Set(['connections without a byte', 'halves of a body', 'answers that are not read']);

let attackers = 0;
for (const way of ['Envoy', 'nginx'] as const) {
  for (const attack of attacks.filter(({ name }) => way === 'Envoy' || ofNginx.has(name))) {
    test(`other clients get answers from ${way} during ${attack.connections} ${attack.name}`, async (t) => {
      attackers += 1;
      const address = `127.0.1.${attackers}`;
      const opened = openConnections(t, way, attack, address);
      await assertOthersAreAnswered(way, [address, '127.0.0.1']);
      await opened;
      await assertOthersAreAnswered(way, [address, '127.0.0.1']);
      assert.ok(!envoy.hasEnded() && !nginx.hasEnded());
      t.diagnostic(`Envoy has ${Math.round(residentBytes() / mib)} MiB`);
      assert.ok(residentBytes() < memoryLimit, `${residentBytes()} bytes`);
    });
  }
}

test('Envoy frees the memory of all attacks', async () => {
  await waitUntil(async () => (await allocatedBytes()) < allocatedAtStart + 16 * mib, freedWithinMs);
});
