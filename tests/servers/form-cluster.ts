import type { openRedis } from './open-redis.ts';
import { waitUntil } from './wait.ts';

const slotCount = 16_384;

/** A running Redis with cluster mode, before it is part of a cluster. */
export type ClusterNode = {
  readonly host: string;
  readonly port: number;
  readonly busPort: number;
  readonly id: string;
  readonly admin: Awaited<ReturnType<typeof openRedis>>;
};

/**
 * Makes a Redis Cluster of nodes that run. The slots are shared equally among `masters`, and the
 * replica at an index follows the master there. Resolves when every node serves the cluster.
 */
export const formCluster = async (masters: readonly ClusterNode[], replicas: readonly ClusterNode[]): Promise<void> => {
  const nodes = [...masters, ...replicas];
  await Promise.all(
    nodes.map(({ admin }, index) => admin.sendCommand(['CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1)])),
  );
  await Promise.all(
    masters.map(({ admin }, index) => {
      const [start, end] = [index, index + 1].map((part) => Math.ceil((part * slotCount) / masters.length));
      return admin.clusterAddSlotsRange({ start: start ?? 0, end: (end ?? slotCount) - 1 });
    }),
  );
  const [first] = masters;
  for (const { host, port, busPort } of nodes.slice(1)) {
    await first?.admin.sendCommand(['CLUSTER', 'MEET', host, String(port), String(busPort)]);
  }
  const know = (node: ClusterNode) => knowsAll(node, nodes.length);
  await waitUntil(async () => (await Promise.all(nodes.map(know))).every(Boolean));
  await Promise.all(replicas.map(({ admin }, index) => admin.clusterReplicate(masters[index]?.id ?? '')));
  await waitUntil(async () => (await Promise.all([...masters.map(hasReplica), ...nodes.map(isOk)])).every(Boolean));
};

const knowsAll = async ({ admin }: ClusterNode, count: number): Promise<boolean> => {
  const list = await admin.clusterNodes();
  const lines = list.trim().split('\n');
  return lines.length === count && lines.every((line) => !line.includes('handshake'));
};

const hasReplica = async ({ admin }: ClusterNode): Promise<boolean> =>
  /connected_slaves:1\r?\nslave0:[^\n]*state=online/.test(await admin.info('replication'));

const isOk = async ({ admin }: ClusterNode): Promise<boolean> =>
  (await admin.clusterInfo()).includes('cluster_state:ok');
