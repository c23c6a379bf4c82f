import { test } from 'node:test';
import { startCluster } from '@sluice/test-servers/cluster.ts';
import { testFile } from '@sluice/test-servers/test-file.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { slotOf } from '@sluice/queue/redis/slot.ts';
import { assertBalance } from './balance.ts';
import { createLoadedPipeline } from './loaded-pipeline.ts';

const withinMs = 30_000;
const cluster = await startCluster(testFile);
const [aMaster] = cluster.masters;
if (aMaster === undefined) throw new Error('A cluster has masters');
const loaded = {
  servers: { redis: { host: '127.0.0.1', port: aMaster.port, isCluster: true } },
  producer: { QUEUE_PARTITIONS: '3', QUEUE_ACK_REPLICAS: '1' },
};

test('a slot that moves to another shard under load loses nothing and records nothing twice', async (t) => {
  const pipeline = await createLoadedPipeline(t, loaded);
  const { load, queue } = pipeline;
  const { stream } = queue.partition;
  const slot = slotOf(stream);
  const times = 2;
  for (let move = 0; move < times; move++) {
    await load.more();
    await cluster.moveSlot(slot);
  }
  await load.more();
  await load.stop();
  await assertBalance(pipeline, load, withinMs);
});

test('a master killed under load loses nothing that a replica had acknowledged', async (t) => {
  const pipeline = await createLoadedPipeline(t, loaded);
  const { load, queue } = pipeline;
  const slot = slotOf(queue.partition.stream);
  await load.more();
  const victim = await cluster.masterOf(slot);
  await victim.kill();
  await waitUntil(async () => (await cluster.masterOf(slot)) !== victim);
  // It returns as a replica of the new master, which then has the replica that an acknowledgement
  // requires.
  await victim.restart();
  await load.more();
  await load.stop();
  await assertBalance(pipeline, load, withinMs);
});
