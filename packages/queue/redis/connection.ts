import type { Client } from './client.ts';

/** Time in ms for the reply to a command that no request waits for. */
export const replyWithinMs = 3_000;

/** A connection that recovers by itself. Blocking reads need a connection of their own. */
export type RedisConnection = {
  /**
   * Sends commands on keys of the slot of `key` and returns their replies. In a cluster they go to
   * the node that has the slot, wherever it has moved. Commands wait for the connection to recover.
   * Without a reply after `deadlineMs`, the connection is replaced: a half-open one never fails by
   * itself. This then throws a {@link import('./node-connection.ts').QueueTimeoutError}. `send` may
   * be called several times. Redis may have run the commands even though this throws.
   */
  readonly run: <T>(key: string, send: (client: Client) => Promise<T>, deadlineMs: number) => Promise<T>;
  readonly close: () => void;
};
