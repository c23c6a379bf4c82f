import type { RedisConnection } from './connection.ts';
import { createGroup } from './create-group.ts';
import { partitionOfStream, type Partition } from './partition.ts';

const replyWithinMs = 3_000;

const registryOf = (queueName: string): string => `${queueName}:partitions`;

/**
 * Makes the partitions known to the consumers, with their groups: a Redis that is full before its first consumer comes would not let it create
 * one, and never drain. Producers do so before they enqueue, and again and again, because a Redis that was flushed has
 * forgotten it. None is ever removed: a partition that no producer uses any more may still hold entries.
 */
export const registerPartitions = async (
  connection: RedisConnection,
  queueName: string,
  partitions: readonly Partition[],
): Promise<void> => {
  await Promise.all(partitions.map((partition) => createGroup(connection, partition)));
  const key = registryOf(queueName);
  const streams = partitions.map(({ stream }) => stream);
  await connection.run(key, (client) => client.sAdd(key, streams), replyWithinMs);
};

/** Every partition that a producer has registered, in the order of their names. */
export const readPartitions = async (connection: RedisConnection, queueName: string): Promise<Partition[]> => {
  const key = registryOf(queueName);
  const streams = await connection.run(key, (client) => client.sMembers(key), replyWithinMs);
  return streams.toSorted().map(partitionOfStream);
};
