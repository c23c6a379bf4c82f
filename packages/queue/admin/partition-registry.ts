import { replyWithinMs, type RedisConnection } from '../redis/connection.ts';
import { createGroup } from '../consume/create-group.ts';
import { possiblePartitionsOf, tablePartitionOf, type Partition } from '../partition.ts';
import { hasReplyCode } from '../redis/reply-error.ts';

/** Returns the key of the set that names the partitions of a queue. */
export const registryOf = (queueName: string): string => `${queueName}:partitions`;

/**
 * Registers the partitions for the consumers and creates their groups, also for each of `tables`. A Redis that is full before
 * its first consumer would not let it create a group, and would never drain. Producers call this
 * before they enqueue. They repeat it, because a flushed Redis has lost the registry. Partitions
 * are never removed: one that no producer uses may still hold entries.
 */
export const registerPartitions = async (
  connection: RedisConnection,
  queueName: string,
  partitions: readonly Partition[],
  tables: readonly string[] = [],
): Promise<void> => {
  const ofTables = partitions.flatMap((partition) => tables.map((table) => tablePartitionOf(partition, table)));
  await Promise.all([...partitions, ...ofTables].map((partition) => createGroupUnlessTaken(connection, partition)));
  const key = registryOf(queueName);
  const streams = partitions.map(({ stream }) => stream);
  await connection.run(key, (client) => client.sAdd(key, streams), replyWithinMs);
};

/**
 * Creates the group of a partition, unless its key is of another type. Such a partition accepts no
 * counts, and the producer reports it when it adds some. The other partitions keep working.
 */
const createGroupUnlessTaken = async (connection: RedisConnection, partition: Partition): Promise<void> => {
  try {
    await createGroup(connection, partition);
  } catch (error) {
    if (!hasReplyCode(error, 'WRONGTYPE')) throw error;
  }
};

/**
 * Maximum number of partitions that are read. Queues of up to 15 partitions use the first 120 that
 * a queue can have, so registering others cannot displace theirs.
 */
export const maxReadPartitions = 128;

/**
 * Called with the number of registered names that are not read: names that no partition of this
 * queue can have, and partitions beyond {@link maxReadPartitions}.
 */
type OnIgnored = (names: number) => void;

/**
 * Reads the registered partitions, at most {@link maxReadPartitions}. It asks Redis about each
 * name that a partition can have. So other members of the registry are never read, however many
 * there are.
 */
export const readPartitions = async (
  connection: RedisConnection,
  queueName: string,
  onIgnored: OnIgnored = () => undefined,
): Promise<Partition[]> => {
  const key = registryOf(queueName);
  const possible = possibleOf(queueName);
  const streams = possible.map(({ stream }) => stream);
  const [areRegistered, names] = await connection.run(
    key,
    (client) => Promise.all([client.smIsMember(key, streams), client.sCard(key)]),
    replyWithinMs,
  );
  const partitions = possible.filter((_, index) => Number(areRegistered[index]) === 1).slice(0, maxReadPartitions);
  if (names > partitions.length) onIgnored(names - partitions.length);
  return partitions;
};

let possibleOfQueue: { readonly queueName: string; readonly partitions: readonly Partition[] } | undefined;

/** Returns {@link possiblePartitionsOf}, cached for the last queue: a process has one. */
const possibleOf = (queueName: string): readonly Partition[] => {
  if (possibleOfQueue?.queueName !== queueName) {
    possibleOfQueue = { queueName, partitions: possiblePartitionsOf(queueName) };
  }
  return possibleOfQueue.partitions;
};
