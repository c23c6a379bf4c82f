import assert from 'node:assert/strict';
import { test } from 'node:test';
import { routes } from '@sluice/contract/routes.ts';
import { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { createProxy } from '@sluice/test-servers/proxy/proxy.ts';
import { openAdmin, startRedis } from '@sluice/test-servers/queue.ts';
import { testFile } from '@sluice/test-servers/test-file.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';

// Servers that do not meet Sluice's requirements: the producer refuses counts that they could lose.

const readiness = routes.ready.answers[503].body;
// The services notice a change within 10 s; the rest is for a busy machine.
const seenWithinMs = 60_000;

const postCount = async (address: string): Promise<string> => {
  const response = await fetch(`${address}/count`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ count: 1 }),
  });
  return `${response.status} ${await response.text()}`;
};

const readReady = async (address: string) => {
  const response = await fetch(`${address}/ready`);
  return readiness.parse(await response.json());
};

const codesOf = async (address: string) => (await readReady(address)).findings.map(({ code }) => code).toSorted();

test('a Redis that evicts gets no count, at the start and after a change at run time', async (t) => {
  const { port } = await startRedis(testFile, ['--maxmemory', '12mb', '--maxmemory-policy', 'allkeys-lru']);
  const { start, address, operate } = await createPipeline(t, { redis: { host: '127.0.0.1', port } });
  const producer = await start('producer');
  assert.match(await postCount(address), /^503 .*"queue_unsafe".*noeviction/);
  const { queue, status, findings } = await readReady(address);
  assert.deepEqual({ queue, status }, { queue: 'unsafe', status: 'not ready' });
  assert.deepEqual(findings.map(({ severity }) => severity).toSorted(), ['refused', 'warning']);
  assert.deepEqual(await codesOf(address), ['redis_evicts', 'redis_not_persistent']);
  assert.ok(producer.lines.some((line) => line.includes('"level":"error"') && line.includes('redis_evicts')));

  const admin = await openAdmin(t, port);
  await admin.configSet('maxmemory-policy', 'noeviction');
  await waitUntil(async () => (await postCount(address)).startsWith('201'), seenWithinMs);
  await admin.configSet('maxmemory-policy', 'volatile-ttl');
  await waitUntil(async () => (await postCount(address)).startsWith('503'), seenWithinMs);
  const { code, output } = await operate('consumers', 'status');
  assert.equal(code, 1);
  assert.match(output, /refused .*maxmemory-policy volatile-ttl/);
});

test('a Redis older than 7.0 gets no count', async (t) => {
  const { port } = await startRedis(testFile);
  const asOld = (chunk: Buffer) =>
    Buffer.from(chunk.toString('latin1').replaceAll(/redis_version:\d+\.\d/g, 'redis_version:6.2'), 'latin1');
  const proxy = await createProxy(testFile, port, { replies: asOld });
  const { start, address, operate } = await createPipeline(t, { redis: { host: '127.0.0.1', port: proxy.port } });
  await start('producer');
  await waitUntil(async () => !(await postCount(address)).includes('queue_unavailable'), seenWithinMs);
  assert.match(await postCount(address), /^503 .*"queue_unsafe".*Redis 6\.2.* needs Redis 7\.0/);
  assert.equal((await readReady(address)).queue, 'unsafe');
  assert.match((await operate('consumers', 'status')).output, /Redis 6\.2/);
});

test('a Redis without HELLO is reported as too old, not as unavailable', async (t) => {
  const { port } = await startRedis(testFile);
  const rename = (from: string, to: string) => (chunk: Buffer) =>
    Buffer.from(chunk.toString('latin1').replaceAll(from, to), 'latin1');
  // Simulates Redis 5, which does not know HELLO.
  const proxy = await createProxy(t, port, { requests: rename('HELLO', 'HALLO'), replies: rename('HALLO', 'HELLO') });
  const { start, address } = await createPipeline(t, { redis: { host: '127.0.0.1', port } });
  await start('producer', { REDIS_PORT: String(proxy.port) });
  await waitUntil(async () => (await postCount(address)).includes('queue_unsafe'), seenWithinMs);
  assert.deepEqual(await codesOf(address), ['redis_too_old']);
});

test('a queue belongs to one database, and another one gets no counts until it adopts the queue', async (t) => {
  const first = await createPipeline(t);
  const second = await createPipeline(t);
  const ofFirst = { REDIS_QUEUE: first.queue.name };
  await first.start('producer');
  const consumer = await first.start('consumer');
  await first.post(1);
  await first.untilRecorded(1);

  await second.start('producer', ofFirst);
  const stranger = await second.start('consumer', ofFirst);
  assert.match(await postCount(second.address), /^503 .*"queue_unsafe".*REDIS_QUEUE/);
  await waitUntil(() => stranger.lines.some((line) => line.includes('queue_of_another_database')), seenWithinMs);
  await consumer.end('SIGTERM');
  await first.post(2);
  assert.deepEqual(await codesOf(first.address), []);

  assert.deepEqual(await second.ledger.readCounts(), []);

  const adopted = await second.command('consumer/operator', ['consumers', 'adopt'], ofFirst);
  assert.equal(adopted.code, 0, adopted.output);
  await second.untilRecorded(1, seenWithinMs);
  assert.deepEqual(await second.ledger.readCounts(), [2]);
  await waitUntil(async () => (await postCount(second.address)).startsWith('201'), seenWithinMs);
  await waitUntil(async () => (await postCount(first.address)).startsWith('503'), seenWithinMs);

  // A flushed Redis has lost its owner key; a service sets it again.
  const ownerKey = `${first.queue.name}:database`;
  await first.queue.admin.del(ownerKey);
  await waitUntil(async () => (await first.queue.admin.get(ownerKey)) !== null, seenWithinMs);
});

test('consumers read a full queue without an owner, and claim it once there is room', async (t) => {
  const { port } = await startRedis(testFile);
  const { start, post, queue, untilRecorded, ledger } = await createPipeline(t, { redis: { host: '127.0.0.1', port } });
  const { admin } = queue;
  const ownerKey = `${queue.name}:database`;
  const producer = await start('producer');
  const first = await start('consumer');
  await post(1);
  await untilRecorded(1);
  await first.end('SIGTERM');
  await post(2);
  await producer.end('SIGTERM');
  assert.equal(await admin.del(ownerKey), 1);
  // Less than the memory that Redis already uses.
  await admin.configSet('maxmemory', '1');
  await assert.rejects(admin.set('filler', 'x'), /OOM/);

  await start('consumer');
  await untilRecorded(2, seenWithinMs);
  assert.deepEqual(await ledger.readCounts(), [1, 2]);
  assert.equal(await admin.get(ownerKey), null);
  await admin.configSet('maxmemory', '0');
  await waitUntil(async () => (await admin.get(ownerKey)) !== null, seenWithinMs);
});
