import { setTimeout as pause } from 'node:timers/promises';
import { test } from 'node:test';
import { assertBalance } from './balance.ts';
import { startLoad } from './load.ts';
import { createPipeline } from '@sluice/test-servers/pipeline.ts';

const kills = 20;
// Work is promised to be taken over within 30 s.
const recoverWithinMs = 30_000;

test(`consumers killed ${kills} times under load lose nothing and record nothing twice`, async (t) => {
  const { start, ledger, address } = await createPipeline(t);
  await start('producer');
  const consumers = [await start('consumer'), await start('consumer')];
  const load = startLoad(address, 8);
  for (let kill = 0; kill < kills; kill++) {
    // Kills have to come at times of their own, so this is a time and not a condition.
    await pause(Math.random() * 200);
    const victim = kill % consumers.length;
    await consumers[victim]?.end('SIGKILL');
    consumers[victim] = await start('consumer');
  }
  await load.stop();
  const recoveryMs = await assertBalance(ledger, load, recoverWithinMs);
  t.diagnostic(`${load.acknowledged.size} acknowledged, lost 0, twice 0, recovered in ${Math.round(recoveryMs)} ms`);
});
