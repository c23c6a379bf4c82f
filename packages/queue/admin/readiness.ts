import type { Client } from '../redis/client.ts';
import type { AppendSettings } from '../append/append-settings.ts';
import { sendCreateGroup } from '../consume/create-group.ts';
import type { Partition } from '../partition.ts';
import { isOutOfMemory } from '../redis/reply-error.ts';

/**
 * The readiness of the queue: it accepts counts, it is full, or it accepts none for another reason.
 */
export type QueueReadiness = 'up' | 'full' | 'down';

type ReadinessSettings = Omit<AppendSettings<never>, 'maxKeys' | 'codec' | 'maxBytes'> & {
  readonly deadlineMs: number;
};

// Nothing was written, so WAIT answers at once unless there are too few replicas.
const waitMs = '1';

/**
 * Checks if the queue would accept a request without a key now. One partition that accepts it is
 * enough. The check writes nothing. It asks each partition to create its consumer group, which
 * exists already. A server that accepts no writes reports that first: out of memory, a replica, too
 * few replicas, or a failed disk.
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
