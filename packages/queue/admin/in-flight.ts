import { replyWithinMs, type RedisConnection } from '../redis/connection.ts';
import { group, type Partition } from '../partition.ts';
import { hasReplyCode } from '../redis/reply-error.ts';

/** An entry that a consumer has read and not removed yet. */
export type InFlightEntry = {
  /** The name of the entry in the commands: `{count_queue:0}/1700000000000-0`. */
  readonly name: string;
  readonly consumer: string;
  /** Time since the last delivery in ms; `deliveries` counts all deliveries. */
  readonly idleMs: number;
  readonly deliveries: number;
};

/** Lists up to `limit` entries in flight of each partition, the oldest first. */
export const listInFlight = async (
  connection: RedisConnection,
  partitions: readonly Partition[],
  limit: number,
): Promise<InFlightEntry[]> => {
  const lists = await Promise.all(partitions.map((partition) => readPartition(connection, partition, limit)));
  return lists.flat();
};

const readPartition = async (
  connection: RedisConnection,
  { stream }: Partition,
  limit: number,
): Promise<InFlightEntry[]> => {
  try {
    const pending = await connection.run(
      stream,
      (client) => client.xPendingRange(stream, group, '-', '+', limit),
      replyWithinMs,
    );
    return pending.map(({ id, consumer, millisecondsSinceLastDelivery, deliveriesCounter }) => ({
      name: `${stream}/${id}`,
      consumer,
      idleMs: millisecondsSinceLastDelivery,
      deliveries: deliveriesCounter,
    }));
  } catch (error) {
    // No consumer has read yet, or the key is of another type: nothing is in flight.
    if (hasReplyCode(error, 'NOGROUP', 'WRONGTYPE')) return [];
    throw error;
  }
};
