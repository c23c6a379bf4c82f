import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { assertBalance } from './balance.ts';
import { startLoad } from './load.ts';

const kills = 20;

test(`producers killed ${kills} times under load lose nothing that they acknowledged, and resent counts are recorded once`, async (t) => {
  const pipeline = await createPipeline(t);
  const ports = [new URL(pipeline.address).port, String(await findFreePort())];
  const startProducer = (index: number) => pipeline.start('producer', { HTTP_PORT: ports[index] ?? '' });
  const producers = await Promise.all(ports.map((_, index) => startProducer(index)));
  await pipeline.start('consumer');
  const load = startLoad(
    t,
    ports.map((port) => `http://127.0.0.1:${port}`),
  );
  for (let kill = 0; kill < kills; kill++) {
    // A random delay, not a condition: kills must hit at arbitrary moments.
    await pause(Math.random() * 200);
    const victim = kill % producers.length;
    await producers[victim]?.end('SIGKILL');
    producers[victim] = await startProducer(victim);
  }
  await load.stop();
  await assertBalance(pipeline, load, 30_000);
});
