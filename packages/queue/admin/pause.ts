import { replyWithinMs, type RedisConnection } from '../redis/connection.ts';

/** Returns the key that exists while the consumers are paused. */
const pauseKeyOf = (queueName: string): string => `${queueName}:paused`;

/** Returns the set of the tables whose consumers are paused. */
const pausedTablesOf = (queueName: string): string => `${queueName}:paused-tables`;

/**
 * Asks the consumers to record nothing until {@link resumeConsumers}. The pause lasts as long as
 * Redis keeps its key. With a table, only its rows are not recorded.
 */
export const pauseConsumers = async (connection: RedisConnection, queueName: string, table?: string): Promise<void> => {
  if (table !== undefined) {
    const key = pausedTablesOf(queueName);
    await connection.run(key, (client) => client.sAdd(key, table), replyWithinMs);
    return;
  }
  const key = pauseKeyOf(queueName);
  await connection.run(key, (client) => client.set(key, '1'), replyWithinMs);
};

/** Resumes the consumers, or those of one table. */
export const resumeConsumers = async (
  connection: RedisConnection,
  queueName: string,
  table?: string,
): Promise<void> => {
  if (table !== undefined) {
    const key = pausedTablesOf(queueName);
    await connection.run(key, (client) => client.sRem(key, table), replyWithinMs);
    return;
  }
  const key = pauseKeyOf(queueName);
  await connection.run(key, (client) => client.del(key), replyWithinMs);
};

/** True if the consumers are asked to pause. */
export const isPaused = async (connection: RedisConnection, queueName: string): Promise<boolean> => {
  const key = pauseKeyOf(queueName);
  return (await connection.run(key, (client) => client.exists(key), replyWithinMs)) > 0;
};

/** Reads the tables that are paused one by one. */
export const readPausedTables = async (
  connection: RedisConnection,
  queueName: string,
): Promise<ReadonlySet<string>> => {
  const key = pausedTablesOf(queueName);
  return new Set(await connection.run(key, (client) => client.sMembers(key), replyWithinMs));
};
