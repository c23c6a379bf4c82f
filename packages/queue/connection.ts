import { createClient } from '@redis/client';

/** Where Redis is. */
export type RedisSettings = {
  readonly host: string;
  readonly port: number;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
};

type Client = ReturnType<typeof open>;

/** A connection that mends itself. Blocking reads need one of their own. */
export type RedisConnection = {
  /**
   * Sends commands and answers with their replies. Commands wait for the connection to come back; when `deadlineMs` has
   * passed without the reply, the connection is replaced (a half-open one never fails by itself) and a
   * {@link QueueTimeoutError} is thrown. What was sent may have been carried out all the same.
   */
  readonly run: <T>(send: (client: Client) => Promise<T>, deadlineMs: number) => Promise<T>;
  readonly close: () => void;
};

/** Redis gave no reply in time. */
export class QueueTimeoutError extends Error {
  readonly code = 'QUEUE_TIMEOUT';
}

const connectTimeoutMs = 1_000;
const longestReconnectPauseMs = 500;

const open = (settings: RedisSettings, onError: (error: Error) => void) => {
  const client = createClient({
    RESP: 3,
    ...(settings.username === undefined ? {} : { username: settings.username }),
    ...(settings.password === undefined ? {} : { password: settings.password }),
    socket: {
      host: settings.host,
      port: settings.port,
      connectTimeout: connectTimeoutMs,
      reconnectStrategy: (attempts) => Math.min(20 * 2 ** attempts, longestReconnectPauseMs) + Math.random() * 20,
    },
    // The client's own time limit ends where a command is written to the socket; `run` has one that covers the reply.
    commandOptions: { timeout: 0 },
  });
  client.on('error', onError);
  // A failed connect was reported by the error event, and the client tries again by itself.
  void client.connect().catch(() => undefined);
  return client;
};

/** Connects to Redis in the background. `onError` hears of each lost or refused connection; nothing needs doing. */
export const connectRedis = (settings: RedisSettings, onError: (error: Error) => void): RedisConnection => {
  let client = open(settings, onError);
  let isClosed = false;

  const run: RedisConnection['run'] = async (send, deadlineMs) => {
    const current = client;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new QueueTimeoutError(`Redis at ${settings.host}:${settings.port} gave no reply within ${deadlineMs} ms`));
        if (client === current && !isClosed) {
          client = open(settings, onError);
          current.destroy();
        }
      }, deadlineMs);
    });
    try {
      return await Promise.race([send(current), late]);
    } finally {
      clearTimeout(timer);
    }
  };

  const close = () => {
    isClosed = true;
    client.destroy();
  };

  return { run, close };
};
