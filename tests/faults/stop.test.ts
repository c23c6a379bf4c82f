import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { createProxy } from '@sluice/test-servers/proxy/proxy.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { assertBalance } from './balance.ts';
import { createLoadedPipeline } from './loaded-pipeline.ts';

const port = (name: string) => Number(process.env[name]);

/**
 * Stops a producer and a consumer under load, with reads in progress. Meanwhile one of their
 * servers is unavailable or accepts connections without answering.
 */
const stopDuringOutage = async (t: TestContext, server: 'Redis' | 'MySQL', how: 'away' | 'silent') => {
  const redis = await createProxy(t, port('REDIS_PORT'));
  const mysql = await createProxy(t, port('DB_PORT'));
  const through = { REDIS_PORT: String(redis.port), DB_PORT: String(mysql.port) };
  const pipeline = await createLoadedPipeline(t, { both: through });
  const { load, producer, consumer, address, start } = pipeline;
  const proxy = server === 'Redis' ? redis : mysql;
  const before = proxy.swallowedBytes();
  if (how === 'away') {
    proxy.refuse(true);
    proxy.cut();
  } else {
    proxy.swallowReplies(true);
    await waitUntil(() => proxy.swallowedBytes() > before);
  }
  const reads = Array.from({ length: 4 }, () => fetch(`${address}/count`).catch(() => undefined));
  // A shutdown must not wait for a read that waits for a connection.
  await Promise.race(reads);
  const endings = await Promise.all([producer.end('SIGTERM'), consumer.end('SIGTERM')]);
  for (const [index, { code, ms }] of endings.entries()) {
    const who = `${index === 0 ? 'the producer' : 'the consumer'} while ${server} was ${how}`;
    assert.equal(code, 0, who);
    assert.ok(ms < 10_000, `${who} took ${ms} ms`);
  }
  await load.stop();
  proxy.refuse(false);
  proxy.swallowReplies(false);
  await start('consumer');
  await assertBalance(pipeline, load, 30_000);
};

for (const server of ['Redis', 'MySQL'] as const) {
  test(`producers and consumers exit with 0 within 10 s of SIGTERM while ${server} is down or silent`, async (t) => {
    await Promise.all([stopDuringOutage(t, server, 'away'), stopDuringOutage(t, server, 'silent')]);
  });
}
