import type { Client, NodeSettings } from './client.ts';
import { connectCluster } from './cluster.ts';
import { connectNode } from './node-connection.ts';

/** Where Redis is and how to log in. */
export type RedisSettings = Omit<NodeSettings, 'sessionMs'> & {
  /** Whether `host` is one of the nodes of a Redis Cluster. */
  readonly isCluster: boolean;
  /** How long a session lasts before another takes its place; 6 h when it is not given. */
  readonly sessionMs?: number | undefined;
};

/** A connection that mends itself. Blocking reads need one of their own. */
export type RedisConnection = {
  /**
   * Sends commands on keys of the slot of `key` and answers with their replies; in a cluster, to the node that has that slot, wherever it
   * has moved. Commands wait for the connection to come back; when `deadlineMs` has passed without the reply, the connection is replaced (a
   * half-open one never fails by itself) and a {@link import('./node-connection.ts').QueueTimeoutError} is thrown. `send` may be called several
   * times, and what was sent may have been carried out although this throws.
   */
  readonly run: <T>(key: string, send: (client: Client) => Promise<T>, deadlineMs: number) => Promise<T>;
  readonly close: () => void;
};

// ElastiCache ends a session that began with an IAM token after 12 hours.
const longestSessionMs = 6 * 3_600_000;

/** Connects to Redis in the background. `onError` hears of each lost or refused connection; nothing needs doing. */
export const connectRedis = (settings: RedisSettings, onError: (error: unknown) => void): RedisConnection => {
  const nodeSettings = { ...settings, sessionMs: settings.sessionMs ?? longestSessionMs };
  if (settings.isCluster) return connectCluster(nodeSettings, onError);
  const { run, close } = connectNode(nodeSettings, onError);
  return { run: (_key, send, deadlineMs) => run(send, deadlineMs), close };
};
