import { findServers } from '@sluice/local/servers/find-servers.ts';
import { repairAppendOnlyFile } from '@sluice/local/servers/repair-append-only-file.ts';
import { formCluster, type ClusterNode } from '@sluice/test-servers/form-cluster.ts';
import { openRedis } from '@sluice/test-servers/open-redis.ts';
import { withOwner, type Owner } from '@sluice/bench/parts/owner.ts';
import { createDisk, type Disk } from '../hosts/disk.ts';
import { hostOf } from '../hosts/hosts.ts';
import { setName } from '../hosts/names.ts';
import { redisPassword, redisPort } from './ask-redis.ts';
import type { Process, ProcessCreator } from './process.ts';
import { askNode, shards } from './shards.ts';
import { untilDone } from './until-done.ts';

/** A Redis of the cluster. */
export type Node = { readonly process: Process; readonly disk: Disk };

export const queueName = 'drill';
export const queueHost = 'queue';

const busPort = 16_379;
// Silence in ms after which the other nodes elect a new primary.
const nodeTimeoutMs = 2_000;
const maxMemory = '256mb';
const diskMb = 256;

const configurationOf = (address: string): string =>
  [
    `port ${redisPort}`,
    'bind 0.0.0.0',
    `requirepass ${redisPassword}`,
    `masterauth ${redisPassword}`,
    'cluster-enabled yes',
    `cluster-announce-ip ${address}`,
    `cluster-node-timeout ${nodeTimeoutMs}`,
    'cluster-require-full-coverage no',
    'cluster-replica-validity-factor 0',
    'cluster-allow-replica-migration no',
    'repl-diskless-sync-delay 0',
    'appendonly yes',
    'appendfsync always',
    'save ""',
    `maxmemory ${maxMemory}`,
    'maxmemory-policy noeviction',
    '',
  ].join('\n');

/** Creates a Redis Cluster: a primary in each zone, each with a replica in another zone. */
export const createQueue = (processOn: ProcessCreator) => {
  const { redis } = findServers({ redis: true, mysql: false }, () => undefined);
  if (redis === undefined || !('program' in redis)) throw new Error('The drill needs a program of Redis or Valkey');

  const createNode = (name: string): Node => {
    const host = hostOf(name);
    const disk = createDisk(name, diskMb);
    const process = processOn(host, {
      name,
      command: redis.program,
      args: ['-'],
      input: configurationOf(host.address),
      cwd: disk.folder,
      prepare: async () => void (await repairAppendOnlyFile(disk.folder)),
      checkReady: async () => void (await askNode(name, 'PING')),
    });
    return { process, disk };
  };
  const nodes = new Map(
    shards.flatMap(({ primary, replica }) => [primary, replica]).map((name) => [name, createNode(name)]),
  );
  setName(
    queueHost,
    [...nodes.values()].map(({ process }) => process.host.address),
  );

  const start = async (): Promise<void> => {
    await Promise.all([...nodes.values()].map(({ process }) => process.up()));
    await withOwner(async (owner) => {
      const open = (names: readonly string[]) => Promise.all(names.map((name) => openNode(owner, name)));
      await formCluster(
        await open(shards.map(({ primary }) => primary)),
        await open(shards.map(({ replica }) => replica)),
      );
    });
  };

  /** Sets the memory of all nodes. Undefined: what they had at first. */
  const setMaxMemory = (memory = maxMemory) =>
    Promise.all([...nodes.keys()].map((name) => untilDone(() => askNode(name, 'CONFIG', 'SET', 'maxmemory', memory))));

  return { nodes, start, setMaxMemory };
};

const openNode = async (owner: Owner, name: string): Promise<ClusterNode> => {
  const { address: host } = hostOf(name);
  const admin = await openRedis(owner, { host, port: redisPort, password: redisPassword });
  return { host, port: redisPort, busPort, admin, id: await admin.clusterMyId() };
};
