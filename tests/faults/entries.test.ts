import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import { assertBalance } from './balance.ts';
import { joinLoads, startLoad } from './load.ts';
import { createLoadedPipeline } from './loaded-pipeline.ts';

const withinMs = 30_000;

test('entries that cannot be parsed under load become dead letters and block nothing', async (t) => {
  const pipeline = await createLoadedPipeline(t);
  const { load, queue, operate } = pipeline;
  const { stream, deadLetters } = queue.partition;
  const times = 50;
  for (let entry = 0; entry < times; entry++) {
    await queue.admin.xAdd(stream, '*', { b: randomBytes(16).toString('hex'), v: '1,two' });
    await load.more(5);
  }
  await load.stop();
  await assertBalance(pipeline, load, withinMs);
  assert.equal(await queue.admin.xLen(deadLetters), times);
  const { output } = await operate('dead-letters', 'list');
  assert.equal(output.trim().split('\n').length, times);
});

test('duplicate batches in one read are recorded once', async (t) => {
  const pipeline = await createLoadedPipeline(t);
  const { load, queue, consumer } = pipeline;
  const { stream } = queue.partition;
  await consumer.end('SIGTERM');
  await load.more();
  const entries = (await queue.admin.xRange(stream, '-', '+', { COUNT: 100 })) ?? [];
  for (const { message } of [...entries, ...entries]) await queue.admin.xAdd(stream, '*', message);
  await pipeline.start('consumer');
  await load.more();
  await load.stop();
  assert.ok(entries.length > 0);
  await assertBalance(pipeline, load, withinMs);
});

test('a changed number of partitions strands no entry, while producers with the old number continue', async (t) => {
  const pipeline = await createLoadedPipeline(t);
  const { load, start } = pipeline;
  const loads = [load];
  const numbers = ['3', '2'];
  for (const partitions of numbers) {
    const port = String(await findFreePort());
    await start('producer', { HTTP_PORT: port, QUEUE_PARTITIONS: partitions });
    const next = startLoad(t, [`http://127.0.0.1:${port}`], { firstCount: loads.length * 1_000_000_000 });
    loads.push(next);
    await next.more();
  }
  await Promise.all(loads.map(({ stop }) => stop()));
  await assertBalance(pipeline, joinLoads(loads), withinMs);
});
