import type { RedisConnection } from './connection.ts';

/** Whether Redis answers within `deadlineMs`. */
export const isQueueUp = async (connection: RedisConnection, deadlineMs: number): Promise<boolean> => {
  try {
    await connection.run((client) => client.ping(), deadlineMs);
    return true;
  } catch {
    return false;
  }
};
