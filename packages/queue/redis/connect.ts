import type { NodeSettings } from './client.ts';
import { connectCluster } from './cluster.ts';
import type { RedisConnection } from './connection.ts';
import { connectNode } from './node-connection.ts';

/** The address of Redis and the login. */
export type RedisSettings = Omit<NodeSettings, 'sessionMs'> & {
  /** True if `host` is a node of a Redis Cluster. */
  readonly isCluster: boolean;
  /** Maximum length of a session in ms, before another one replaces it. Default: 6 h. */
  readonly sessionMs?: number | undefined;
};

// ElastiCache ends a session that began with an IAM token after 12 hours.
const longestSessionMs = 6 * 3_600_000;

/**
 * Connects to Redis in the background. `onError` is called for each lost or refused connection,
 * which then recovers by itself.
 */
export const connectRedis = (settings: RedisSettings, onError: (error: unknown) => void): RedisConnection => {
  const nodeSettings = { ...settings, sessionMs: settings.sessionMs ?? longestSessionMs };
  if (settings.isCluster) return connectCluster(nodeSettings, onError);
  const { run, close } = connectNode(nodeSettings, onError);
  return { run: (_key, send, deadlineMs) => run(send, deadlineMs), close };
};
