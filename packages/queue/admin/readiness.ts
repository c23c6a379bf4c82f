import type { Client } from '../redis/client.ts';
import type { RedisConnection } from '../redis/connection.ts';
import { sendCreateGroup } from '../consume/create-group.ts';
import type { Partition } from '../partition.ts';
import { isOutOfMemory } from '../redis/reply-error.ts';

/** The queue as one who wants to add to it finds it: it takes counts, it is full, or it does not take any for another reason. */
export type QueueReadiness = 'up' | 'full' | 'down';

type ReadinessSettings = {
  readonly connection: RedisConnection;
  readonly partitions: readonly Partition[];
  /** How many replicas must hold a count before it is acknowledged. */
  readonly ackReplicas: number;
  /** How many batches a partition holds before counts are refused. */
  readonly maxBatches: number;
  readonly deadlineMs: number;
};

// WAIT has nothing to wait for, so its answer is there at once, unless there are too few.
const waitMs = '1';

/**
 * Finds out whether a request without a key would be taken now: one partition that takes it is enough. Nothing is written. A
 * partition is asked to create its consumer group, which it has: a server that takes no writes says so first (out of memory,
 * a replica, too few replicas, a disk that failed).
 */
export const readReadiness = async (settings: ReadinessSettings): Promise<QueueReadiness> => {
  const found = await Promise.all(settings.partitions.map((partition) => readPartition(partition, settings)));
  return found.find((its) => its === 'up') ?? found.find((its) => its === 'full') ?? 'down';
};

const readPartition = async (partition: Partition, settings: ReadinessSettings): Promise<QueueReadiness> => {
  const { connection, ackReplicas, maxBatches, deadlineMs } = settings;
  const ask = async (client: Client) => {
    const [length, replicas] = await Promise.all([
      client.xLen(partition.stream),
      ackReplicas > 0 ? client.sendCommand<number>(['WAIT', String(ackReplicas), waitMs]) : 0,
      sendCreateGroup(client, partition),
    ]);
    if (replicas < ackReplicas) return 'down';
    return length >= maxBatches ? 'full' : 'up';
  };
  try {
    return await connection.run(partition.stream, ask, deadlineMs);
  } catch (error) {
    return isOutOfMemory(error) ? 'full' : 'down';
  }
};
