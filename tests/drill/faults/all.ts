import { hostOf } from '../hosts/hosts.ts';
import { askRedis, redisPort } from '../system/ask-redis.ts';
import { mysqlPort } from '../system/database.ts';
import { primaries, replicas } from '../system/shards.ts';
import { consumerNames, getOk, httpPort, metricsPort, producerNames } from '../system/services.ts';
import { clockJump } from './clock-jump.ts';
import { databaseFailover } from './database-failover.ts';
import { delay } from './delay.ts';
import type { Fault } from './fault.ts';
import { freeze } from './freeze.ts';
import { fullDiskOfMysql, fullDiskOfRedis } from './full-disk.ts';
import { fullQueue } from './full-queue.ts';
import { kill } from './kill.ts';
import { packetLoss } from './packet-loss.ts';
import { primaryLost } from './primary-lost.ts';
import { rollingDeployment } from './rolling-deployment.ts';
import { scaleConsumers } from './scale-consumers.ts';
import { zoneCut } from './zone-cut.ts';

const producer = { parts: ['front'], targets: producerNames } as const;
const balancer = { parts: ['front'], targets: ['balancer'] } as const;
const consumer = { parts: ['consumers'], targets: consumerNames } as const;
const primary = { parts: ['queue'], targets: primaries } as const;
const replica = { parts: ['queue'], targets: replicas } as const;
const redis = { parts: ['queue'], targets: [...primaries, ...replicas] } as const;
const database = { parts: ['database'], targets: ['database'] } as const;

const readDate = (port: number, path: string) => async (_: unknown, name: string) =>
  Date.parse((await getOk(`http://${hostOf(name).address}:${port}${path}`)).headers.get('date') ?? '');

const jumps = [1_800, -1_800, 86_400, -86_400, 30];
// Below INBOX_HOURS: by its clock, MySQL forgets the ids of batches after that time.
const jumpsOfMysql = [1_800, -1_800, 300, -30];

/** Every kind of fault. */
export const faults: readonly Fault[] = [
  kill({ kind: 'kill a producer', ...producer, overhead: 3 }),
  freeze({ kind: 'freeze a producer', ...producer, seconds: [1, 5], overhead: 1 }),
  packetLoss({ kind: 'packet loss at a producer', ...producer }),
  clockJump({ kind: 'clock of a producer', ...producer, amounts: jumps, read: readDate(httpPort, '/health') }),
  kill({ kind: 'kill the balancer', ...balancer, overhead: 2 }),
  freeze({ kind: 'freeze the balancer', ...balancer, seconds: [1, 3], overhead: 1 }),
  rollingDeployment,

  kill({ kind: 'kill a consumer', ...consumer, overhead: 3 }),
  // Longer than the session of MySQL lives (15 s), so another consumer records what it holds.
  freeze({ kind: 'freeze a consumer', ...consumer, seconds: [1, 18], overhead: 1 }),
  packetLoss({ kind: 'packet loss at a consumer', ...consumer }),
  clockJump({ kind: 'clock of a consumer', ...consumer, amounts: jumps, read: readDate(metricsPort, '/metrics') }),
  scaleConsumers,

  kill({ kind: 'kill a primary', ...primary, overhead: 4 }),
  kill({ kind: 'kill a replica', ...replica, overhead: 4 }),
  freeze({ kind: 'freeze a primary', ...primary, seconds: [1, 6], overhead: 5 }),
  freeze({ kind: 'freeze a replica', ...replica, seconds: [1, 4], overhead: 2 }),
  primaryLost,
  packetLoss({ kind: 'packet loss at a Redis', ...redis }),
  delay({
    ...{ kind: 'delay at a primary', ...primary, amounts: [50, 150, 300], port: redisPort },
    ask: (_, address) => askRedis(address, 'PING'),
  }),
  fullQueue,
  fullDiskOfRedis,
  zoneCut,

  kill({ kind: 'kill MySQL', ...database, overhead: 6 }),
  freeze({ kind: 'freeze MySQL', ...database, seconds: [1, 8], overhead: 1 }),
  databaseFailover,
  packetLoss({ kind: 'packet loss at MySQL', ...database }),
  delay({
    ...{ kind: 'delay at MySQL', ...database, amounts: [50, 150, 300], port: mysqlPort },
    ask: ({ database: { ask } }) => ask('SELECT 1'),
  }),
  fullDiskOfMysql,
  clockJump({
    ...{ kind: 'clock of MySQL', ...database, amounts: jumpsOfMysql },
    read: async ({ database: { ask } }) => {
      const [row] = await ask('SELECT UNIX_TIMESTAMP(NOW(3)) AS seconds');
      return Number(row?.['seconds']) * 1_000;
    },
  }),
];

/** Returns the fault of a kind. */
export const faultOf = (kind: string): Fault => {
  const found = faults.find((fault) => fault.kind === kind);
  if (found === undefined) throw new Error(`There is no fault "${kind}"`);
  return found;
};
