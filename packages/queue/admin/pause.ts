import type { RedisConnection } from '../redis/connection.ts';

const replyWithinMs = 3_000;

/** The key that exists while the consumers are paused. */
const pauseKeyOf = (queueName: string): string => `${queueName}:paused`;

/** Asks the consumers to record nothing until {@link resumeConsumers}. It lasts as long as Redis keeps it. */
export const pauseConsumers = async (connection: RedisConnection, queueName: string): Promise<void> => {
  const key = pauseKeyOf(queueName);
  await connection.run(key, (client) => client.set(key, '1'), replyWithinMs);
};

/** Lets the consumers go on. */
export const resumeConsumers = async (connection: RedisConnection, queueName: string): Promise<void> => {
  const key = pauseKeyOf(queueName);
  await connection.run(key, (client) => client.del(key), replyWithinMs);
};

/** Whether the consumers are asked to pause. */
export const isPaused = async (connection: RedisConnection, queueName: string): Promise<boolean> => {
  const key = pauseKeyOf(queueName);
  return (await connection.run(key, (client) => client.exists(key), replyWithinMs)) > 0;
};
