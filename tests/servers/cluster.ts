import type { RedisSettings } from '@sluice/queue/redis/connect.ts';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import { formCluster } from './form-cluster.ts';
import { openAdmin, plainSettings, startRedis } from './queue.ts';
import type { Owner } from './test-file.ts';

// Silence in ms after which the other nodes elect a new master. It is short, but longer than a
// process waits on a busy machine.
const nodeTimeoutMs = 1_500;

const startNode = async (owner: Owner) => {
  const busPort = await findFreePort();
  const server = await startRedis(owner, [
    ...['--cluster-enabled', 'yes', '--cluster-port', String(busPort), '--cluster-node-timeout', String(nodeTimeoutMs)],
    ...[
      '--cluster-require-full-coverage',
      'no',
      '--repl-diskless-sync-delay',
      '0',
      '--cluster-replica-validity-factor',
      '0',
    ],
  ]);
  const admin = await openAdmin(owner, server.port);
  return { ...server, host: '127.0.0.1', busPort, admin, id: await admin.clusterMyId() };
};

type Node = Awaited<ReturnType<typeof startNode>>;

/**
 * Starts a Redis Cluster of three masters with one replica each, on loopback. It stops with
 * `owner`.
 */
export const startCluster = async (owner: Owner) => {
  const nodes = await Promise.all(Array.from({ length: 6 }, () => startNode(owner)));
  const masters = nodes.slice(0, 3);
  const replicas = nodes.slice(3);
  const [first] = masters;
  if (first === undefined) throw new Error('A cluster has nodes');

  await formCluster(masters, replicas);

  // Clients connect through a replica, so a test may kill any master.
  const settings: RedisSettings = { ...plainSettings(replicas[0]?.port ?? first.port), isCluster: true };

  /** Returns the current master of a hash slot. */
  const masterOf = async (slot: number): Promise<Node> => {
    for (const node of nodes) {
      const ranges = await node.admin.clusterSlots().catch(() => undefined);
      const range = ranges?.find(({ from, to }) => from <= slot && slot <= to);
      const master = nodes.find(({ id }) => id === range?.master.id);
      if (master !== undefined) return master;
    }
    throw new Error(`Nobody has slot ${slot}`);
  };

  /** Moves a hash slot and its keys to another master, as `redis-cli --cluster reshard` does. */
  const moveSlot = async (slot: number): Promise<void> => {
    const source = await masterOf(slot);
    const target = masters.find((node) => node !== source);
    if (target === undefined) throw new Error('There is no other master');
    await target.admin.sendCommand(['CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', source.id]);
    await source.admin.sendCommand(['CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', target.id]);
    // Repeats until no key is left. New keys are created at the target.
    for (;;) {
      const [key] = await source.admin.clusterGetKeysInSlot(slot, 1);
      if (key === undefined) break;
      await source.admin.migrate('127.0.0.1', target.port, key, 0, 5_000);
    }
    for (const node of [target, source, ...masters]) {
      await node.admin.sendCommand(['CLUSTER', 'SETSLOT', String(slot), 'NODE', target.id]);
    }
  };

  return { nodes, masters, replicas, settings, masterOf, moveSlot };
};
