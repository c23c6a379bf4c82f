import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { createBreakpoints, type Step } from '@sluice/test-servers/proxy/breakpoint.ts';
import { createMysqlSteps } from '@sluice/test-servers/proxy/mysql-steps.ts';
import { startLocalMysql } from '@sluice/test-servers/servers-of-npm-start.ts';
import { createProxy } from '@sluice/test-servers/proxy/proxy.ts';
import { testFile } from '@sluice/test-servers/test-file.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { assertBalance } from './balance.ts';
import { createLoadedPipeline } from './loaded-pipeline.ts';

// A consumer retries at most 5 s after MySQL is available again.
const withinMs = 30_000;
const mysql = await startLocalMysql(testFile);
const servers = { mysql: mysql.server };

const statusOf = async (address: string, path: string): Promise<number> => {
  const response = await fetch(`${address}${path}`);
  await response.arrayBuffer();
  return response.status;
};

/** Starts a loaded pipeline whose consumer can be stopped within its transactions. */
const createHeldPipeline = async (t: TestContext) => {
  const breakpoints = createBreakpoints();
  const port = await createMysqlSteps(t, mysql.server.port, breakpoints);
  const pipeline = await createLoadedPipeline(t, { servers, consumer: { DB_PORT: String(port) } });
  return { ...pipeline, breakpoints };
};

const failuresOf = ({ lines }: { readonly lines: readonly string[] }): number =>
  lines.filter((line) => line.includes('could not record')).length;

test('MySQL killed in the middle of transactions loses nothing and records nothing twice', async (t) => {
  const pipeline = await createHeldPipeline(t);
  const { load, breakpoints, consumer } = pipeline;
  const killedAt: readonly Step[] = ['INSERT inbox', 'INSERT totals', 'COMMIT sent'];
  for (const step of killedAt) {
    await breakpoints.hold(step);
    await mysql.kill();
    await load.more();
    await mysql.restart();
  }
  await load.stop();
  await assertBalance(pipeline, load, withinMs);
  assert.ok(failuresOf(consumer) > 0 && !consumer.hasEnded());
});

test('in a MySQL outage longer than the watchdog timeout, POSTs continue, GETs get 503, and no consumer is killed', async (t) => {
  const watchdogMs = 10_000;
  const awayMs = 3 * watchdogMs;
  const pipeline = await createLoadedPipeline(t, {
    servers,
    consumer: { WATCHDOG_MS: String(watchdogMs) },
    load: { pauseMs: 100 },
  });
  const { load, consumer, address } = pipeline;
  await mysql.kill();
  const killedAt = performance.now();
  await waitUntil(async () => {
    await load.more(1);
    assert.equal(await statusOf(address, '/count'), 503);
    assert.equal(await statusOf(address, '/health'), 200);
    return performance.now() - killedAt > awayMs;
  }, awayMs + 30_000);
  assert.equal(consumer.hasEnded(), false);
  await mysql.restart();
  await load.stop();
  await assertBalance(pipeline, load, withinMs);
  assert.equal(consumer.hasEnded(), false);
  await waitUntil(async () => (await statusOf(address, '/count')) === 200);
});

test('consumers retry until MySQL accepts connections again under load', async (t) => {
  const proxy = await createProxy(t, mysql.server.port);
  const pipeline = await createLoadedPipeline(t, { servers, consumer: { DB_PORT: String(proxy.port) } });
  const { load, consumer } = pipeline;
  const times = 3;
  for (let refusal = 0; refusal < times; refusal++) {
    const before = failuresOf(consumer);
    proxy.refuse(true);
    proxy.cut();
    await waitUntil(() => failuresOf(consumer) >= before + 3);
    proxy.refuse(false);
    await load.more();
  }
  await load.stop();
  await assertBalance(pipeline, load, withinMs);
});

test('a lost answer to COMMIT, or a connection that breaks before it, records nothing twice', async (t) => {
  const pipeline = await createHeldPipeline(t);
  const { load, breakpoints, consumer } = pipeline;
  const cuts = 10;
  for (let cut = 0; cut < cuts; cut++) {
    const held = await breakpoints.hold('COMMIT sent');
    held.cut();
  }
  await waitUntil(() => failuresOf(consumer) >= cuts);
  // This transaction stays open and silent until the consumer gives it up.
  await breakpoints.hold('COMMIT sent');
  await load.stop();
  await assertBalance(pipeline, load, 60_000);
});

test('a transaction that is the victim of a deadlock is retried', async (t) => {
  const pipeline = await createHeldPipeline(t);
  const { load, breakpoints, consumer, ledger } = pipeline;
  const times = 3;
  for (let deadlock = 0; deadlock < times; deadlock++) {
    const before = failuresOf(consumer);
    const held = await breakpoints.hold('INSERT count');
    const [, batchId = ''] = /x'([0-9a-f]{32})'/.exec(held.text) ?? [];
    await ledger.transaction(async (query) => {
      // MySQL rolls back the transaction with fewer changes. This one changes more rows than any of
      // a consumer.
      await query(
        `INSERT INTO \`count\` (count_value) VALUES ${Array.from({ length: 20_000 }, () => '(0)').join()}`,
        [],
      );
      await query('SELECT * FROM totals FOR UPDATE', []);
      held.release();
      // A deadlock: this statement waits for the consumer, which waits for `totals`. MySQL rolls
      // back one of them.
      await query('INSERT INTO inbox (batch_id, expires_at) VALUES (UNHEX(?), CURRENT_TIMESTAMP)', [batchId]);
    });
    await waitUntil(() => failuresOf(consumer) > before);
  }
  await load.stop();
  await assertBalance(pipeline, load, withinMs);
  assert.ok(consumer.lines.some((line) => line.includes('ER_LOCK_DEADLOCK')));
});

test('a transaction that waits too long for a lock is rolled back and retried', async (t) => {
  const pipeline = await createLoadedPipeline(t, { servers });
  const { load, consumer, ledger } = pipeline;
  const before = failuresOf(consumer);
  await ledger.transaction(async (query) => {
    await query('SELECT * FROM totals FOR UPDATE', []);
    await waitUntil(() => failuresOf(consumer) >= before + 2);
  });
  await load.stop();
  await assertBalance(pipeline, load, withinMs);
  assert.ok(consumer.lines.some((line) => line.includes('ER_LOCK_WAIT_TIMEOUT')));
});
