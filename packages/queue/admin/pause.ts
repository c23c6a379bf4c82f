import { replyWithinMs, type RedisConnection } from '../redis/connection.ts';

/** Returns the key that exists while the consumers are paused. */
const pauseKeyOf = (queueName: string): string => `${queueName}:paused`;

/**
 * Asks the consumers to record nothing until {@link resumeConsumers}. The pause lasts as long as
 * Redis keeps its key.
 */
export const pauseConsumers = async (connection: RedisConnection, queueName: string): Promise<void> => {
  const key = pauseKeyOf(queueName);
  await connection.run(key, (client) => client.set(key, '1'), replyWithinMs);
};

/** Resumes the consumers. */
export const resumeConsumers = async (connection: RedisConnection, queueName: string): Promise<void> => {
  const key = pauseKeyOf(queueName);
  await connection.run(key, (client) => client.del(key), replyWithinMs);
};

/** True if the consumers are asked to pause. */
export const isPaused = async (connection: RedisConnection, queueName: string): Promise<boolean> => {
  const key = pauseKeyOf(queueName);
  return (await connection.run(key, (client) => client.exists(key), replyWithinMs)) > 0;
};
