import type { RedisSettings } from '@sluice/queue/redis/connect.ts';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import { openAdmin, plainSettings, startRedis } from './queue.ts';
import type { Owner } from './test-file.ts';
import { waitUntil } from './wait.ts';

const slotCount = 16_384;
// Silence in ms after which the other nodes elect a new master. It is short, but longer than a
// process waits on a busy machine.
const nodeTimeoutMs = 1_500;

type Admin = Awaited<ReturnType<typeof openAdmin>>;

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
  return { ...server, busPort, admin, id: await admin.clusterMyId() };
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

  await Promise.all(
    nodes.map(({ admin }, index) => admin.sendCommand(['CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1)])),
  );
  await Promise.all(
    masters.map(({ admin }, index) => {
      const [start, end] = [index, index + 1].map((part) => Math.ceil((part * slotCount) / masters.length));
      return admin.clusterAddSlotsRange({ start: start ?? 0, end: (end ?? slotCount) - 1 });
    }),
  );
  for (const { port, busPort } of nodes.slice(1)) {
    await first.admin.sendCommand(['CLUSTER', 'MEET', '127.0.0.1', String(port), String(busPort)]);
  }
  await waitUntil(async () => (await Promise.all(nodes.map(({ admin }) => knowsAll(admin)))).every(Boolean));
  await Promise.all(replicas.map(({ admin }, index) => admin.clusterReplicate(masters[index]?.id ?? '')));
  await waitUntil(async () => (await Promise.all([...masters.map(hasReplica), ...nodes.map(isOk)])).every(Boolean));

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

const knowsAll = async (admin: Admin): Promise<boolean> => {
  const list = await admin.clusterNodes();
  const lines = list.trim().split('\n');
  return lines.length === 6 && lines.every((line) => !line.includes('handshake'));
};

const hasReplica = async ({ admin }: Node): Promise<boolean> =>
  /connected_slaves:1\r?\nslave0:[^\n]*state=online/.test(await admin.info('replication'));

const isOk = async ({ admin }: Node): Promise<boolean> => (await admin.clusterInfo()).includes('cluster_state:ok');
