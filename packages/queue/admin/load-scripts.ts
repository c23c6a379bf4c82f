import { replyWithinMs, type RedisConnection } from '../redis/connection.ts';
import { addOnce, addRowsOnce } from '../append/key-records.ts';
import type { Partition } from '../partition.ts';

/**
 * Loads the scripts that producers run by their hash into the servers of the partitions. A producer
 * whose Redis user may not send script text needs this. A server forgets the scripts on a restart,
 * and a replica does not have them.
 */
export const loadScripts = async (connection: RedisConnection, partitions: readonly Partition[]): Promise<void> => {
  await Promise.all(
    [addOnce, addRowsOnce].flatMap(({ text }) =>
      partitions.map(({ stream }) => connection.run(stream, (client) => client.scriptLoad(text), replyWithinMs)),
    ),
  );
};
