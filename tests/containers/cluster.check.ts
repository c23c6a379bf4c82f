import { test } from 'node:test';
import { assertBalance } from '@sluice/fault-tests/balance.ts';
import { startLoad } from '@sluice/fault-tests/load.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { composeUp } from './compose.ts';
import { docker } from './containers.ts';

const recordedWithinMs = 120_000;
const failedOverWithinMs = 120_000;
const listNodes =
  'export REDISCLI_AUTH="$(cat /run/secrets/password)"; VALKEYCLI_AUTH="$REDISCLI_AUTH" valkey-cli cluster nodes';
// The number of acknowledged counts between two faults: enough to be in flight everywhere, and few
// enough for a slow machine.
const some = 20;

test('Sluice in containers over a Valkey Cluster, with two producers and three consumers, loses nothing and records nothing twice', async (whole) => {
  const sluice = await composeUp(whole, {
    files: ['compose.cluster.yaml'],
    scale: { producer: 2, consumer: 3 },
  });
  const { address, page } = sluice;
  const load = startLoad(whole, [address, `${page}api`], { clients: 4, pauseMs: 20 });

  await whole.test('while nothing happens', () => load.more(some));

  for (const service of ['producer', 'envoy', 'frontend'] as const) {
    await whole.test(`while ${service} crashes, and is restarted`, async () => {
      await sluice.crash(service);
      await load.more(some);
      await sluice.restart(service);
      await load.more(some);
    });
  }

  await whole.test('while a primary of the cluster is gone, and comes back', async () => {
    const id = await sluice.containerOf('valkey');
    await docker('kill', id);
    // A third of the counts is refused until the node is back, since its replacement has no
    // replica.
    await waitUntil(async () => {
      const nodes = (await sluice.exec('valkey-2', listNodes)).split('\n');
      const primaries = nodes.filter((node) => / (?:myself,)?master - /.test(node));
      return primaries.length === 3 && nodes.some((node) => node.includes(' master,fail '));
    }, failedOverWithinMs);
    await docker('start', id);
    await load.more(some);
  });

  await load.stop();
  await assertBalance(sluice, load, recordedWithinMs);
});
