import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createBreakpoints, steps } from '@sluice/test-servers/proxy/breakpoint.ts';
import { createMysqlSteps } from '@sluice/test-servers/proxy/mysql-steps.ts';
import { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { createRedisSteps } from '@sluice/test-servers/proxy/redis-steps.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { assertBalance } from './balance.ts';
import { startLoad } from './load.ts';

// Another consumer claims the entries of a dead consumer within 30 s.
const takenOverWithinMs = 30_000;
const kills = 100;

test(`consumers killed ${kills} times at random under load lose nothing and record nothing twice`, async (t) => {
  const pipeline = await createPipeline(t);
  await pipeline.start('producer');
  const load = startLoad(t, [pipeline.address], { clients: 4 });
  let left = kills;
  const startAndKill = async () => {
    while (left-- > 0) {
      const consumer = await pipeline.start('consumer');
      // A random delay, not a condition: kills must hit at arbitrary moments.
      await pause(Math.random() * 200);
      await consumer.end('SIGKILL');
    }
  };
  await Promise.all([startAndKill(), startAndKill(), startAndKill()]);
  await load.stop();
  await pipeline.start('consumer');
  await assertBalance(pipeline, load, takenOverWithinMs);
});

/**
 * Starts a pipeline whose consumers connect through proxies that can stop them between two steps.
 */
const createHeldPipeline = async (t: Parameters<typeof createPipeline>[0]) => {
  const pipeline = await createPipeline(t);
  const breakpoints = createBreakpoints();
  const through = {
    REDIS_PORT: String(await createRedisSteps(t, Number(pipeline.environment['REDIS_PORT']), breakpoints)),
    DB_PORT: String(await createMysqlSteps(t, Number(pipeline.environment['DB_PORT']), breakpoints)),
  };
  return { ...pipeline, breakpoints, startHeld: () => pipeline.start('consumer', through) };
};

type HeldPipeline = Awaited<ReturnType<typeof createHeldPipeline>>;

/** Reads the state of the first batch or entry in `text`, the data on the wire at a step. */
const lookAt = async ({ ledger, queue }: HeldPipeline, text: string) => {
  const [, batchId] = /x'([0-9a-f]{32})'/.exec(text) ?? [];
  if (batchId !== undefined) {
    const known = await ledger.query('SELECT 1 FROM inbox WHERE batch_id = UNHEX(?)', [batchId]);
    return { isRecorded: known.length > 0 };
  }
  const [entry = ''] = /\d+-\d+/.exec(text) ?? [];
  const { stream } = queue.partition;
  const present = (await queue.admin.xRange(stream, entry, entry)) ?? [];
  const pending = await queue.admin.xPendingRange(stream, 'ledger', entry, entry, 1);
  return { isInStream: present.length > 0, isPending: pending.length > 0 };
};

// The state that proves the step of a consumer. A batch is not recorded before COMMIT, an entry is
// in the stream until XDEL, and it is pending until XACK.
const expected: Readonly<Record<(typeof steps)[number], Awaited<ReturnType<typeof lookAt>>>> = {
  'entries delivered': { isInStream: true, isPending: true },
  'transaction sent': { isRecorded: false },
  BEGIN: { isRecorded: false },
  'INSERT inbox': { isRecorded: false },
  'INSERT count': { isRecorded: false },
  'INSERT totals': { isRecorded: false },
  'COMMIT sent': { isRecorded: true },
  'COMMIT answered': { isInStream: true, isPending: true },
  XDEL: { isInStream: false, isPending: true },
  XACK: { isInStream: false, isPending: false },
};

test('a consumer killed between any two of its steps loses nothing and records nothing twice', async (t) => {
  const pipeline = await createHeldPipeline(t);
  await pipeline.start('producer');
  const load = startLoad(t, [pipeline.address], { clients: 4 });
  for (const step of steps) {
    const arrival = pipeline.breakpoints.hold(step);
    const consumer = await pipeline.startHeld();
    const { text } = await arrival;
    const isThere = async () => {
      assert.deepEqual(await lookAt(pipeline, text), expected[step], step);
      return true;
    };
    // A COMMIT takes effect shortly after it was sent.
    await waitUntil(() => isThere().catch(() => false)).catch(isThere);
    await consumer.end('SIGKILL');
  }
  await load.stop();
  await pipeline.start('consumer');
  await assertBalance(pipeline, load, takenOverWithinMs);
  // After a crash between XDEL and XACK the pending id is cleaned up.
  await waitUntil(async () => {
    const { pending } = await pipeline.queue.admin.xPending(pipeline.queue.partition.stream, 'ledger');
    return pending === 0;
  }, takenOverWithinMs);
});

test('a consumer frozen in its transaction blocks others only briefly, and records nothing twice when it thaws', async (t) => {
  const pipeline = await createHeldPipeline(t);
  await pipeline.start('producer');
  const load = startLoad(t, [pipeline.address], { clients: 4 });
  const arrival = pipeline.breakpoints.hold('INSERT count');
  const frozen = await pipeline.startHeld();
  const { release } = await arrival;
  process.kill(frozen.pid, 'SIGSTOP');
  await pipeline.start('consumer');
  await load.stop();
  await assertBalance(pipeline, load, takenOverWithinMs);
  // It resumes and finds its transaction gone and its entries recorded by another consumer.
  release();
  process.kill(frozen.pid, 'SIGCONT');
  await waitUntil(() => frozen.lines.some((line) => line.includes('could not record')));
  assert.equal((await frozen.end('SIGTERM')).code, 0);
  await assertBalance(pipeline, load, takenOverWithinMs);
});

test('consumers and producers under load exit with 0 on SIGTERM, and nothing is lost or recorded twice', async (t) => {
  const pipeline = await createPipeline(t);
  const other = await createPipeline(t);
  const rounds = 5;
  const ports = [pipeline, other].map(({ address }) => new URL(address).port);
  const startProducer = (index: number) => pipeline.start('producer', { HTTP_PORT: ports[index] ?? '' });
  const producers = await Promise.all(ports.map((_, index) => startProducer(index)));
  const load = startLoad(t, [pipeline.address, other.address]);
  for (let round = 0; round < rounds; round++) {
    const consumer = await pipeline.start('consumer');
    const before = load.acknowledged.size;
    await waitUntil(() => load.acknowledged.size > before);
    const index = round % producers.length;
    const endings = await Promise.all([producers[index]?.end('SIGTERM'), consumer.end('SIGTERM')]);
    for (const ending of endings) {
      assert.equal(ending?.code, 0);
      assert.ok((ending?.ms ?? Infinity) < 10_000, `it took ${ending?.ms} ms`);
    }
    producers[index] = await startProducer(index);
  }
  await load.stop();
  await pipeline.start('consumer');
  await assertBalance(pipeline, load, takenOverWithinMs);
});
