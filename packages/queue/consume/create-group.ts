import type { Client } from '../redis/client.ts';
import { replyWithinMs, type RedisConnection } from '../redis/connection.ts';
import { group, type Partition } from '../partition.ts';
import { hasReplyCode } from '../redis/reply-error.ts';

/**
 * Creates the consumer group of a partition, and its stream, if they are missing. A full Redis
 * refuses this.
 */
export const createGroup = (connection: RedisConnection, partition: Partition): Promise<void> =>
  connection.run(partition.stream, (client) => sendCreateGroup(client, partition), replyWithinMs);

/** Creates the group like {@link createGroup}, with a client of the partition's server. */
export const sendCreateGroup = async (client: Client, { stream }: Partition): Promise<void> => {
  try {
    // From 0, not from $: entries added before the group existed must be delivered too.
    await client.xGroupCreate(stream, group, '0', { MKSTREAM: true });
  } catch (error) {
    if (!hasReplyCode(error, 'BUSYGROUP')) throw error;
  }
};
