import { replyWithinMs, type RedisConnection } from '../redis/connection.ts';
import { addOnce } from '../append/key-records.ts';
import type { Partition } from '../partition.ts';

/**
 * Loads the script that producers run by its hash into the servers of the partitions. A producer
 * whose Redis user may not send script text needs this. A server forgets the script on a restart,
 * and a replica does not have it.
 */
export const loadScripts = async (connection: RedisConnection, partitions: readonly Partition[]): Promise<void> => {
  await Promise.all(
    partitions.map(({ stream }) => connection.run(stream, (client) => client.scriptLoad(addOnce.text), replyWithinMs)),
  );
};
