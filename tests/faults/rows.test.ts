import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { pauseConsumers, resumeConsumers } from '@sluice/queue/admin/pause.ts';
import { createBreakpoints, rowSteps } from '@sluice/test-servers/proxy/breakpoint.ts';
import { createMysqlSteps } from '@sluice/test-servers/proxy/mysql-steps.ts';
import { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { createRedisSteps } from '@sluice/test-servers/proxy/redis-steps.ts';
import { createTestTables, tablesFile } from '@sluice/test-servers/tables.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { assertBalance } from './balance.ts';
import { startLoad } from './load.ts';
import { assertRowBalance, startRowLoad } from './row-load.ts';

// Rows in three tables, and counts at once.

// Another consumer claims the entries of a dead consumer within 30 s.
const takenOverWithinMs = 60_000;
const kills = 30;
const withTables = { TABLES_FILE: tablesFile };

const setUp = async (t: TestContext) => {
  const pipeline = await createPipeline(t);
  await createTestTables(pipeline.ledger.query);
  await pipeline.start('producer', withTables);
  return pipeline;
};

test(`consumers killed ${kills} times at random under load of rows and counts lose nothing and record nothing twice`, async (t) => {
  const pipeline = await setUp(t);
  await (await pipeline.start('consumer', withTables)).end('SIGTERM');
  const load = startLoad(t, [pipeline.address], { clients: 2 });
  const rowLoad = startRowLoad(t, [pipeline.address]);
  let left = kills;
  const startAndKill = async () => {
    while (left-- > 0) {
      const consumer = await pipeline.start('consumer', withTables);
      // A random delay, not a condition: kills must hit at arbitrary moments.
      await pause(Math.random() * 300);
      await consumer.end('SIGKILL');
    }
  };
  await Promise.all([startAndKill(), startAndKill()]);
  await Promise.all([load.stop(), rowLoad.stop()]);
  await pipeline.start('consumer', withTables);
  await assertBalance(pipeline, load, takenOverWithinMs);
  await assertRowBalance(pipeline, rowLoad, takenOverWithinMs);
});

test('a consumer of rows killed between any two of its steps loses nothing and records nothing twice', async (t) => {
  const pipeline = await setUp(t);
  const breakpoints = createBreakpoints();
  const through = {
    ...withTables,
    REDIS_PORT: String(await createRedisSteps(t, Number(pipeline.environment['REDIS_PORT']), breakpoints)),
    DB_PORT: String(await createMysqlSteps(t, Number(pipeline.environment['DB_PORT']), breakpoints)),
  };
  const rowLoad = startRowLoad(t, [pipeline.address]);
  for (const step of rowSteps) {
    const arrival = breakpoints.hold(step);
    const consumer = await pipeline.start('consumer', through);
    await arrival;
    await consumer.end('SIGKILL');
  }
  await rowLoad.stop();
  await pipeline.start('consumer', withTables);
  await assertRowBalance(pipeline, rowLoad, takenOverWithinMs);
});

test('an entry that one consumer splits and another has frozen is recorded once, even if MySQL takes it meanwhile', async (t) => {
  const pipeline = await setUp(t);
  const { ledger, address, queue } = pipeline;
  const breakpoints = createBreakpoints();
  const through = {
    ...withTables,
    DB_PORT: String(await createMysqlSteps(t, Number(pipeline.environment['DB_PORT']), breakpoints)),
  };
  await ledger.query("ALTER TABLE vote ADD CONSTRAINT no_blank CHECK (choice <> 'blank')");
  const rows = ['yes', 'no', 'blank', 'yes', 'no'].map((choice, weight) => ({ choice, weight }));
  const response = await fetch(`${address}/tables/vote/rows`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(rows),
  });
  assert.equal(response.status, 201);
  // The first consumer stops with the whole entry, before MySQL sees it.
  const arrival = breakpoints.hold('transaction sent');
  const frozen = await pipeline.start('consumer', through);
  const { release } = await arrival;
  process.kill(frozen.pid, 'SIGSTOP');
  // The second one claims the entry, splits it, and records what MySQL takes.
  const second = await pipeline.start('consumer', withTables);
  const readWeights = async () =>
    (await ledger.query('SELECT weight FROM vote ORDER BY weight')).map((row) => Number(row['weight']));
  await waitUntil(async () => (await readWeights()).length === 4, takenOverWithinMs);
  const deadLetters = `${queue.partition.stream}:{vote}:dead`;
  await waitUntil(async () => (await queue.admin.xLen(deadLetters)) === 1);
  // Now MySQL would take the whole entry, which the first consumer still has.
  await ledger.query('ALTER TABLE vote DROP CONSTRAINT no_blank');
  release();
  process.kill(frozen.pid, 'SIGCONT');
  await waitUntil(
    () => frozen.hasEnded() || frozen.lines.some((line) => /could not record|claimed|lost/.test(line)),
  ).catch(() => undefined);
  await second.end('SIGTERM');
  const replayed = await pipeline.command('consumer/operator', ['dead-letters', 'replay', '--all'], withTables);
  assert.match(replayed.output, /Put back into the queue: 1/);
  await pipeline.start('consumer', withTables);
  await waitUntil(async () => (await readWeights()).length >= 5);
  await waitUntil(async () => (await queue.admin.xLen(`${queue.partition.stream}:{vote}`)) === 0, takenOverWithinMs);
  assert.deepEqual(await readWeights(), [0, 1, 2, 3, 4]);
});

test('a consumer that splits an entry stops within 10 s while MySQL is silent, and gives the entry up while it is paused', async (t) => {
  const pipeline = await setUp(t);
  const { ledger, address, queue, start } = pipeline;
  const breakpoints = createBreakpoints();
  const through = {
    ...withTables,
    DB_PORT: String(await createMysqlSteps(t, Number(pipeline.environment['DB_PORT']), breakpoints)),
  };
  await ledger.query("ALTER TABLE vote ADD CONSTRAINT no_blank CHECK (choice <> 'blank')");
  const rows = ['yes', 'blank', 'no'].map((choice, weight) => ({ choice, weight }));
  const response = await fetch(`${address}/tables/vote/rows`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(rows),
  });
  assert.equal(response.status, 201);
  /** Starts a consumer, and stops it when it claims the entry to split it. */
  const startSplitting = async () => {
    const whole = breakpoints.hold('transaction sent');
    const consumer = await start('consumer', through);
    const { release } = await whole;
    const claim = breakpoints.hold('transaction sent');
    release();
    return { consumer, claim: await claim };
  };
  const silent = await startSplitting();
  const stopped = await silent.consumer.end('SIGTERM');
  assert.equal(stopped.code, 0);
  assert.ok(stopped.ms < 10_000, `${stopped.ms} ms`);

  const { consumer, claim } = await startSplitting();
  const until = (message: string) => waitUntil(() => consumer.lines.some((line) => line.includes(message)));
  await ledger.query('RENAME TABLE inbox TO hidden');
  claim.release();
  await until('could not record; retrying');
  await pauseConsumers(queue.connect(), queue.name, 'vote');
  await until('could not record; paused, so leaving the entries to be claimed');
  assert.equal((await consumer.end('SIGTERM')).code, 0);

  await ledger.query('RENAME TABLE hidden TO inbox');
  await resumeConsumers(queue.connect(), queue.name, 'vote');
  await start('consumer', withTables);
  await waitUntil(async () => (await ledger.query('SELECT id FROM vote')).length === 2, takenOverWithinMs);
  await waitUntil(async () => (await queue.admin.xLen(`${queue.partition.stream}:{vote}:dead`)) === 1);
});
