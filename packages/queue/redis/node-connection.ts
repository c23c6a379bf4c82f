import { withDeadline } from '@sluice/async/with-deadline.ts';
import type { Client, NodeSettings } from './client.ts';
import { hasReplyCode } from './reply-error.ts';
import { keepSession } from './session.ts';

/** A connection to one server that recovers by itself. */
export type NodeConnection = {
  /**
   * Sends commands like `run` of a {@link import('./connection.ts').RedisConnection}, without the
   * key.
   */
  readonly run: <T>(send: (client: Client) => Promise<T>, deadlineMs: number) => Promise<T>;
  readonly isReady: () => boolean;
  readonly close: () => void;
};

/** The error for a reply of Redis that did not arrive in time. */
export class QueueTimeoutError extends Error {
  readonly code = 'QUEUE_TIMEOUT';
}

/** The error for a connection that was closed on this side. */
export class ConnectionClosedError extends Error {
  readonly code = 'QUEUE_CONNECTION_CLOSED';

  constructor() {
    super('The connection to Redis is closed');
  }
}

/**
 * Connects in the background. `onError` is called for each lost or refused connection, which then
 * recovers by itself. No error contains the password.
 */
export const connectNode = (settings: NodeSettings, onError: (error: unknown) => void): NodeConnection => {
  const { host, port } = settings;
  const waiting = new Set<PromiseWithResolvers<Client>>();
  let isClosed = false;

  const session = keepSession(settings, {
    onReady: (client) => {
      for (const { resolve } of waiting) resolve(client);
      waiting.clear();
    },
    onError,
  });

  const run: NodeConnection['run'] = async (send, deadlineMs) => {
    if (isClosed) throw new ConnectionClosedError();
    const client = session.current();
    let used: Client | undefined;
    const use = (ready: Client) => {
      used = ready;
      return send(ready);
    };
    const turn = Promise.withResolvers<Client>();
    const sendOnReady = () => {
      if (client.isReady) return use(client);
      waiting.add(turn);
      return turn.promise.then(use);
    };
    const onLate = () => {
      // A command that still waits for the connection must not be sent any more.
      waiting.delete(turn);
      if (used !== undefined) session.replace(used);
      const message = `Redis at ${host}:${port} did not reply within ${Math.round(deadlineMs)} ms`;
      return new QueueTimeoutError(message, { cause: session.lastError() });
    };
    try {
      return await withDeadline(sendOnReady, deadlineMs, onLate);
    } catch (error) {
      // The server is a replica now. Its name may resolve to the new primary.
      if (used !== undefined && hasReplyCode(error, 'READONLY', 'MASTERDOWN', 'UNBLOCKED')) session.replace(used);
      throw session.conceal(error);
    }
  };

  const close = () => {
    isClosed = true;
    session.close();
    for (const { reject } of waiting) reject(new ConnectionClosedError());
    waiting.clear();
  };

  return { run, isReady: () => session.current().isReady, close };
};
