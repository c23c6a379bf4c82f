import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createProxy } from '@sluice/test-servers/proxy/proxy.ts';
import { openAdmin, startRedis } from '@sluice/test-servers/queue.ts';
import { startLocalRedis } from '@sluice/test-servers/servers-of-npm-start.ts';
import { testFile } from '@sluice/test-servers/test-file.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { assertBalance } from './balance.ts';
import { joinLoads, startLoad, type Load, type Posted } from './load.ts';
import { createLoadedPipeline } from './loaded-pipeline.ts';

// Counted from when Redis is available again. A consumer retries within 5 s, and may have to claim
// entries that it had read.
const withinMs = 30_000;

/** Starts a Redis that only the tests of this file break. */
const own = async (options: readonly string[] = []) => ({
  ...(await startRedis(testFile, options)),
  host: '127.0.0.1',
});

const replicaOf = ({ port }: { readonly port: number }) =>
  own(['--replicaof', '127.0.0.1', String(port), '--repl-diskless-sync-delay', '0']);

const withoutDisk = await own();
const small = await own();
const asNpmStartRunsIt = await startLocalRedis(testFile);
const primary = await own(['--appendonly', 'yes']);
const replica = await replicaOf(primary);
await replicaOf(replica);
// It stands for a DNS name that points to the current primary.
const primaryName = await createProxy(testFile, primary.port);

/**
 * Asserts that POSTs were refused within 2 s. Checks the median of each kind, since the machine may
 * delay single ones.
 */
const assertRefusedInTime = ({ refusals }: Posted): void => {
  for (const [kind, some = []] of Object.entries(Object.groupBy(refusals, ({ kind: its }) => its))) {
    // Without what the machine adds: a busy one delays each request.
    const times = some.map(({ ms, machineMs }) => ms - machineMs);
    const middle = times.toSorted((one, other) => one - other)[Math.floor(times.length / 2)];
    assert.ok(middle !== undefined && middle < 2_000, `a refusal of a ${kind} POST took ${middle} ms`);
  }
};

const freeBytes = 500_000;
const freeForCounts = 50_000;

/** Waits until POSTs with and without a key were refused. */
const untilRefused = (load: Load) => {
  const before = load.refusals.length;
  const isRefused = (kind: 'single' | 'keyed') => load.refusals.slice(before).some((refusal) => refusal.kind === kind);
  return waitUntil(() => isRefused('single') && isRefused('keyed'));
};

test('Redis of npm start loses nothing when it is killed under load, and POSTs get 503 within 2 s in the meantime', async (t) => {
  const redis = asNpmStartRunsIt;
  const pipeline = await createLoadedPipeline(t, { servers: { redis: redis.server } });
  // With `everysec` Redis acknowledges unwritten data while an fsync is in progress
  // (docs/decisions/010).
  const { appendfsync } = await pipeline.queue.admin.configGet('appendfsync');
  assert.equal(appendfsync, 'always');
  const { load } = pipeline;
  const times = 5;
  for (let kill = 0; kill < times; kill++) {
    await load.more();
    await redis.kill();
    await untilRefused(load);
    await redis.restart();
  }
  await load.more();
  await load.stop();
  await assertBalance(pipeline, load, withinMs);
  assertRefusedInTime(load);
});

test('Redis that hangs under load counts as unavailable, and nothing is recorded twice when it resumes', async (t) => {
  const redis = withoutDisk;
  const pipeline = await createLoadedPipeline(t, { servers: { redis } });
  const { load } = pipeline;
  const times = 3;
  for (let freeze = 0; freeze < times; freeze++) {
    redis.signal('SIGSTOP');
    await untilRefused(load);
    redis.signal('SIGCONT');
    await load.more();
  }
  await load.stop();
  await assertBalance(pipeline, load, withinMs);
  assertRefusedInTime(load);
});

/** Returns the counts that were acknowledged but not recorded when Redis lost its data. */
const findWaiting = async (load: Load, { ledger }: Awaited<ReturnType<typeof createLoadedPipeline>>) => {
  await load.settle();
  const acknowledged = [...load.acknowledged];
  const recorded = new Set(await ledger.readCounts());
  return new Set(acknowledged.filter((count) => !recorded.has(count)));
};

test('Redis without a disk killed under load loses only the waiting counts', async (t) => {
  const redis = withoutDisk;
  const pipeline = await createLoadedPipeline(t, { servers: { redis } });
  const { load } = pipeline;
  await redis.kill();
  const mayBeLost = await findWaiting(load, pipeline);
  await redis.restart();
  await load.more(500);
  await load.stop();
  await assertBalance(pipeline, load, withinMs, mayBeLost);
});

test('Redis flushed under load loses only the waiting counts', async (t) => {
  const redis = withoutDisk;
  const pipeline = await createLoadedPipeline(t, { servers: { redis } });
  const { load } = pipeline;
  const times = 3;
  const mayBeLost = new Set<number>();
  for (let flush = 0; flush < times; flush++) {
    await pipeline.queue.admin.flushAll();
    for (const count of await findWaiting(load, pipeline)) mayBeLost.add(count);
    await load.more(500);
  }
  // A new consumer must find the partitions in a Redis that has lost them.
  await pipeline.consumer.end('SIGTERM');
  await pipeline.start('consumer');
  await load.stop();
  await assertBalance(pipeline, load, withinMs, mayBeLost);
});

test('a full Redis refuses counts with 503, drains under load, and accepts counts again', async (t) => {
  const redis = small;
  const pipeline = await createLoadedPipeline(t, { servers: { redis } });
  const { consumer, queue, producer } = pipeline;
  await pipeline.load.more();
  await consumer.end('SIGTERM');
  const { admin } = queue;
  const readUsed = async () => Number(/used_memory:(\d+)/.exec(await admin.info('memory'))?.[1]);
  await admin.configSet('maxmemory', String((await readUsed()) + freeBytes));
  // Uses most of the free memory, so that few counts fill the rest.
  await admin.setRange('filler', freeBytes - freeForCounts, 'x');
  const filling = startLoad(t, [pipeline.address], { pauseMs: 0, firstCount: 1_000_000_000 });
  await untilRefused(filling);
  await filling.stop();
  // That load freed memory when it ended. The other load is too slow to fill it soon: its clients
  // repeat requests with a key, which are refused first.
  await admin.configSet('maxmemory', String((await readUsed()) - freeForCounts));
  await untilRefused(pipeline.load);
  assert.equal(producer.hasEnded(), false);
  // Redis is still full and under load. The consumer must remove entries with commands that a full
  // Redis accepts.
  await pipeline.start('consumer');
  await waitUntil(async () => (await admin.xLen(queue.partition.stream)) === 0, withinMs);
  // The consumer's connections may need more memory than the counts used.
  await admin.del('filler');
  await pipeline.load.more(500);
  await pipeline.load.stop();
  const load = joinLoads([pipeline.load, filling]);
  await assertBalance(pipeline, load, withinMs);
  assertRefusedInTime(load);
});

test('a primary lost under load loses nothing that a replica had acknowledged', async (t) => {
  const pipeline = await createLoadedPipeline(t, {
    servers: { redis: { host: '127.0.0.1', port: primaryName.port } },
    both: { QUEUE_ACK_REPLICAS: '1' },
  });
  const { load } = pipeline;
  await primary.kill();
  await untilRefused(load);
  const promoted = await openAdmin(t, replica.port);
  await promoted.sendCommand(['REPLICAOF', 'NO', 'ONE']);
  primaryName.retarget(replica.port);
  primaryName.cut();
  await load.more();
  await load.stop();
  await assertBalance(pipeline, load, withinMs);
  assertRefusedInTime(load);
});
