import { createClient } from '@redis/client';
import { withDeadline } from '@sluice/async/with-deadline.ts';

export const redisPort = 6379;
export const redisPassword = 'not-a-secret';

const answerWithinMs = 2_000;

/**
 * Sends one command to a Redis over a connection of its own. Throws if there is no answer within
 * 2 s: the server may be frozen, or cut off.
 */
export const askRedis = async (host: string, ...command: readonly string[]): Promise<unknown> => {
  const client = createClient({ socket: { host, port: redisPort, reconnectStrategy: false }, password: redisPassword });
  client.on('error', () => undefined);
  try {
    return await withDeadline(
      async () => {
        await client.connect();
        return client.sendCommand([...command]);
      },
      answerWithinMs,
      () => new Error(`Redis at ${host} did not answer within ${answerWithinMs} ms`),
    );
  } finally {
    client.destroy();
  }
};
