import type { RedisConnection } from './connection.ts';
import type { Partition } from './partition.ts';

/** Whether the server of at least one partition answers within `deadlineMs`, so that the queue takes counts. */
export const isQueueUp = async (
  connection: RedisConnection,
  partitions: readonly Partition[],
  deadlineMs: number,
): Promise<boolean> => {
  try {
    await Promise.any(partitions.map(({ stream }) => connection.run(stream, (client) => client.ping(), deadlineMs)));
    return true;
  } catch {
    return false;
  }
};
