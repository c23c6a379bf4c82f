import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { SimpleError } from '@redis/client';
import { countCodec, parseEntry } from '@sluice/contract/entry.ts';
import { startCluster } from '@sluice/test-servers/cluster.ts';
import { connectFor } from '@sluice/test-servers/queue.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { createEnqueuer } from '../append/enqueue.ts';
import { isPaused, pauseConsumers, resumeConsumers } from '../admin/pause.ts';
import { readPartitions, registerPartitions } from '../admin/partition-registry.ts';
import { partitionsOf, type Partition } from '../partition.ts';
import { readReadiness } from '../admin/readiness.ts';
import { readQueueState } from '../admin/queue-state.ts';
import { createEntryReader, type RawEntry } from '../consume/read-entries.ts';
import { ackEntries } from '../consume/ack-entries.ts';
import { slotOf } from './slot.ts';

const aKey = { key: 'a key', space: '', client: 'a client' };

type Cluster = Awaited<ReturnType<typeof startCluster>>;

const setUp = (t: TestContext, cluster: Cluster, ackReplicas = 0) => {
  const name = `test-${randomBytes(6).toString('hex')}`;
  const partitions = partitionsOf(name, 3);
  const connection = connectFor(t, cluster.settings);
  const enqueuer = createEnqueuer({
    codec: countCodec,
    connection,
    partitions,
    areRegistered: () => true,
    deadlineMs: 10_000,
    attemptMs: 4_000,
    ackReplicas,
    maxBatches: 1_000_000,
    maxKeys: 1_000_000,
    onError: () => undefined,
  });
  const readerOf = (partition: Partition) =>
    createEntryReader({ connection: connectFor(t, cluster.settings), partition, consumer: 'a', maxEntries: 100 });
  const readStream = async ({ stream }: Partition) => {
    const entries = await connection.run(stream, (client) => client.xRange(stream, '-', '+'), 2_000);
    return (entries ?? []).flatMap(({ message }) => countsOf(message));
  };
  return { name, partitions, connection, enqueuer, readerOf, readStream };
};

const countsOf = (fields: RawEntry['fields']): readonly number[] => {
  const result = parseEntry(fields);
  assert.ok(result.ok);
  return result.batch.list.split(',').map(Number);
};

test('a Redis Cluster of three masters with a replica each', async (outer) => {
  const cluster = await startCluster(outer);

  await outer.test('partitions are on different shards, and every operation of a queue works on them', async (t) => {
    const { name, partitions, connection, enqueuer, readerOf } = setUp(t, cluster, 1);
    const owners = await Promise.all(partitions.map(({ stream }) => cluster.masterOf(slotOf(stream))));
    assert.equal(new Set(owners).size, 3);
    const limits = { ackReplicas: 0, maxBatches: 1_000_000, deadlineMs: 10_000 };
    assert.equal(await readReadiness({ connection, partitions, ...limits }), 'up');
    await registerPartitions(connection, name, partitions);
    assert.deepEqual(new Set(await readPartitions(connection, name)), new Set(partitions));

    for (let count = 0; count < 6; count++) assert.equal(await enqueuer.enqueue([count]), 'acknowledged');
    assert.equal(await enqueuer.enqueue(Array(2_500).fill(7)), 'acknowledged');
    assert.equal(await enqueuer.enqueue(Array(2_500).fill(8), aKey), 'acknowledged');
    await pauseConsumers(connection, name);
    assert.equal(await isPaused(connection, name), true);
    const found = await Promise.all(
      partitions.map(async (partition) => {
        const entries = await readerOf(partition).readNew(500);
        await ackEntries(
          connection,
          partition,
          entries.slice(1).map(({ id }) => id),
        );
        return entries;
      }),
    );
    assert.deepEqual(
      found.map(({ length }) => length > 1),
      [true, true, true],
    );
    assert.equal(found.flat().flatMap(({ fields }) => countsOf(fields)).length, 5_006);
    const { oldestAgeMs, ...state } = await readQueueState(connection, name, partitions);
    assert.deepEqual(state, { waitingBatches: 3, inFlightBatches: 3, consumers: 1, deadLetters: 0, isPaused: true });
    assert.ok(oldestAgeMs >= 0 && oldestAgeMs < 60_000);
    await resumeConsumers(connection, name);
    assert.equal(await isPaused(connection, name), false);
  });

  await outer.test('requests follow a slot to another node, while it moves and afterwards', async (t) => {
    const { partitions, enqueuer, connection, readerOf, readStream } = setUp(t, cluster, 1);
    const [partition] = partitions;
    assert.ok(partition);
    // Partitions take turns, so one request reaches each.
    const enqueueAll = async (counts: readonly number[]) => {
      for (const _ of partitions) assert.equal(await enqueuer.enqueue(counts), 'acknowledged');
    };
    await enqueueAll([1]);
    await enqueueAll([2]);
    const reader = readerOf(partition);
    const [entry] = await reader.readNew(500);
    assert.ok(entry);

    const slot = slotOf(partition.stream);
    const source = await cluster.masterOf(slot);
    const target = cluster.masters.find((node) => node !== source);
    assert.ok(target);
    await target.admin.sendCommand(['CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', source.id]);
    await source.admin.sendCommand(['CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', target.id]);
    await source.admin.migrate('127.0.0.1', target.port, partition.stream, 0, 5_000);
    // The source still has the slot and answers ASK for the key.
    await enqueueAll([3]);
    await enqueueAll(Array(1_500).fill(4));
    assert.equal(await target.admin.sendCommand(['CLUSTER', 'COUNTKEYSINSLOT', String(slot)]), 1);

    for (const node of [target, source, ...cluster.masters]) {
      await node.admin.sendCommand(['CLUSTER', 'SETSLOT', String(slot), 'NODE', target.id]);
    }
    await enqueueAll([5]);
    await enqueueAll(Array(1_500).fill(6));
    assert.deepEqual(new Set(await readStream(partition)), new Set([1, 2, 3, 4, 5, 6]));
    await ackEntries(connection, partition, [entry.id]);
    assert.ok((await reader.readNew(500)).length > 0);
  });

  await outer.test('a connection that is known serves the next fetches of the map', async (t) => {
    const { partitions, connection } = setUp(t, cluster);
    const [{ stream } = assert.fail()] = partitions;
    await connection.run(stream, (client) => client.ping(), 10_000);
    const logins = async () => {
      const counts = await Promise.all(
        cluster.nodes.map(async ({ admin }) =>
          Number(/total_connections_received:(\d+)/.exec(await admin.info('stats'))?.[1]),
        ),
      );
      return counts.reduce((sum, count) => sum + count, 0);
    };
    const fetches = async () => {
      const stats = await Promise.all(cluster.nodes.map(({ admin }) => admin.info('commandstats')));
      const calls = stats.map((text) => Number(/cmdstat_cluster\|slots:calls=(\d+)/.exec(text)?.[1] ?? 0));
      return calls.reduce((sum, count) => sum + count, 0);
    };
    const [loginsBefore, fetchesBefore] = [await logins(), await fetches()];
    await waitUntil(async () => {
      const failing = connection.run(stream, () => Promise.reject(new SimpleError('CLUSTERDOWN')), 10_000);
      await assert.rejects(failing, SimpleError);
      return (await fetches()) >= fetchesBefore + 3;
    });
    assert.equal(await logins(), loginsBefore);
  });

  await outer.test(
    'a master killed under load is replaced without a restart, and no acknowledged count is lost',
    async (t) => {
      const { partitions, connection, enqueuer, readerOf } = setUp(t, cluster, 1);
      const acknowledged = new Set<number>();
      const consumed = new Set<number>();
      const outcomes = new Map<string, number>();
      let isLoading = true;
      let isReading = true;
      t.after(() => {
        isLoading = false;
        isReading = false;
      });

      let next = 0;
      const load = async () => {
        while (isLoading) {
          const count = next++;
          const outcome = await enqueuer.enqueue([count]);
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
          if (outcome === 'acknowledged') acknowledged.add(count);
        }
      };
      const readFrom = async (partition: Partition) => {
        const reader = readerOf(partition);
        while (isReading) {
          try {
            const entries = [...(await reader.claimIdle(3_000)), ...(await reader.readNew(200))];
            for (const { fields } of entries) for (const count of countsOf(fields)) consumed.add(count);
            if (entries.length > 0)
              await ackEntries(
                connection,
                partition,
                entries.map(({ id }) => id),
              );
          } catch {
            await new Promise((resolve) => setTimeout(resolve, 50));
          }
        }
      };
      const loads = Array.from({ length: 8 }, load);
      const reads = partitions.map(readFrom);

      await waitUntil(() => acknowledged.size > 200);
      const [partition] = partitions;
      assert.ok(partition);
      const slot = slotOf(partition.stream);
      const victim = await cluster.masterOf(slot);
      await victim.kill();
      const killedAt = performance.now();
      await waitUntil(async () => (await cluster.masterOf(slot)) !== victim);
      t.diagnostic(`another master after ${Math.round(performance.now() - killedAt)} ms`);
      const lastAcknowledged = acknowledged.size;
      await waitUntil(() => acknowledged.size > lastAcknowledged);
      isLoading = false;
      await Promise.all(loads);

      // The only replica of that shard is its master now. Nothing can be acknowledged there, except
      // by an enqueuer that requires no replicas.
      const { enqueuer: another } = setUp(t, cluster);
      assert.equal(await another.enqueue([1]), 'acknowledged');
      await waitUntil(() => [...acknowledged].every((count) => consumed.has(count)));
      isReading = false;
      await Promise.all(reads);
      t.diagnostic(JSON.stringify(Object.fromEntries(outcomes)));
    },
  );
});
