import type { RedisConnection } from '../redis/connection.ts';
import { createGroup } from '../consume/create-group.ts';
import { possiblePartitionsOf, type Partition } from '../partition.ts';
import { hasReplyCode } from '../redis/reply-error.ts';

const replyWithinMs = 3_000;

/** The key of the set that names the partitions of a queue. */
export const registryOf = (queueName: string): string => `${queueName}:partitions`;

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
  await Promise.all(partitions.map((partition) => createGroupUnlessTaken(connection, partition)));
  const key = registryOf(queueName);
  const streams = partitions.map(({ stream }) => stream);
  await connection.run(key, (client) => client.sAdd(key, streams), replyWithinMs);
};

/** A key of another type takes no counts, which the producer says when it adds some; the other partitions do. */
const createGroupUnlessTaken = async (connection: RedisConnection, partition: Partition): Promise<void> => {
  try {
    await createGroup(connection, partition);
  } catch (error) {
    if (!hasReplyCode(error, 'WRONGTYPE')) throw error;
  }
};

/**
 * The most partitions that are read. Those of up to 15 partitions are the first 120 that a queue can have, so nobody who registers others
 * displaces them.
 */
export const mostReadPartitions = 128;

/** What is registered and is not read: names that no partition of this queue can have, and partitions beyond {@link mostReadPartitions}. */
type OnIgnored = (names: number) => void;

/**
 * The partitions that producers have registered, at most {@link mostReadPartitions}. Redis is asked about each name that a partition can
 * have, so that whatever else is in the registry, however much of it, is not read.
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
  const partitions = possible.filter((_, index) => Number(areRegistered[index]) === 1).slice(0, mostReadPartitions);
  if (names > partitions.length) onIgnored(names - partitions.length);
  return partitions;
};

let possibleOfQueue: { readonly queueName: string; readonly partitions: readonly Partition[] } | undefined;

/** As {@link possiblePartitionsOf}, remembered for the queue that was asked for last: a process has one. */
const possibleOf = (queueName: string): readonly Partition[] => {
  if (possibleOfQueue?.queueName !== queueName) {
    possibleOfQueue = { queueName, partitions: possiblePartitionsOf(queueName) };
  }
  return possibleOfQueue.partitions;
};
