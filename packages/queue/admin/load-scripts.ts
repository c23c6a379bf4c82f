import type { RedisConnection } from '../redis/connection.ts';
import { addOnce } from '../append/key-records.ts';
import type { Partition } from '../partition.ts';

const replyWithinMs = 3_000;

/**
 * Gives the servers of the partitions the script that producers run by its hash. A producer whose user may send no text of a script needs it;
 * a server forgets it when it is restarted, and a replica has never known it.
 */
export const loadScripts = async (connection: RedisConnection, partitions: readonly Partition[]): Promise<void> => {
  await Promise.all(
    partitions.map(({ stream }) => connection.run(stream, (client) => client.scriptLoad(addOnce.text), replyWithinMs)),
  );
};
