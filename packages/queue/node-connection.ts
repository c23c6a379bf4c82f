import { openClient, type Client, type NodeSettings } from './client.ts';
import { startDeadline } from './deadline.ts';
import { hasReplyCode } from './reply-error.ts';
import { guardPassword } from './secret.ts';

/** A connection to one server that mends itself. */
export type NodeConnection = {
  /** As `run` of a {@link import('./connection.ts').RedisConnection}, without the key. */
  readonly run: <T>(send: (client: Client) => Promise<T>, deadlineMs: number) => Promise<T>;
  readonly isReady: () => boolean;
  readonly close: () => void;
};

/** Redis gave no reply in time. */
export class QueueTimeoutError extends Error {
  readonly code = 'QUEUE_TIMEOUT';
}

/** The connection was closed on this side. */
export class ConnectionClosedError extends Error {
  readonly code = 'QUEUE_CONNECTION_CLOSED';
}

const closedError = () => new ConnectionClosedError('The connection to Redis is closed');

/** Connects in the background. `onError` hears of each lost or refused connection; nothing needs doing. No error has the password in it. */
export const connectNode = (settings: NodeSettings, onError: (error: unknown) => void): NodeConnection => {
  const { credentials, conceal } = guardPassword(settings.credentials);
  const waiting = new Set<PromiseWithResolvers<Client>>();
  let isClosed = false;
  let successor: Client | undefined;
  let lastError: unknown;

  const open = (): Client =>
    openClient(
      { ...settings, credentials },
      {
        onReady: welcome,
        onStuck: retire,
        onAged: (aged) => {
          if (aged === client && !isClosed) successor ??= open();
        },
        onError: (error) => {
          lastError = conceal(error);
          onError(lastError);
        },
      },
    );

  const welcome = (ready: Client) => {
    lastError = undefined;
    if (ready === successor) {
      const predecessor = client;
      client = ready;
      successor = undefined;
      // It ends when what it was asked is answered.
      void predecessor.close().catch(() => undefined);
    }
    if (ready !== client) return;
    for (const { resolve } of waiting) resolve(ready);
    waiting.clear();
  };

  const retire = (retired: Client) => {
    retired.destroy();
    if (isClosed) return;
    if (retired === client) client = open();
    if (retired === successor) successor = open();
  };

  let client = open();

  const run: NodeConnection['run'] = async (send, deadlineMs) => {
    if (isClosed) throw closedError();
    let used: Client | undefined;
    const use = async (ready: Client) => {
      used = ready;
      return send(ready);
    };
    const turn = Promise.withResolvers<Client>();
    const { late, clear } = startDeadline(deadlineMs, () => {
      // Who still waits for the connection must not send any more.
      waiting.delete(turn);
      if (used !== undefined) retire(used);
      const message = `Redis at ${settings.host}:${settings.port} gave no reply within ${Math.round(deadlineMs)} ms`;
      return new QueueTimeoutError(message, { cause: lastError });
    });
    try {
      if (client.isReady) return await Promise.race([use(client), late]);
      waiting.add(turn);
      return await Promise.race([turn.promise.then(use), late]);
    } catch (error) {
      // The server is a replica now. Its name may lead to the new primary.
      if (used !== undefined && hasReplyCode(error, 'READONLY', 'MASTERDOWN', 'UNBLOCKED')) retire(used);
      throw conceal(error);
    } finally {
      clear();
    }
  };

  const close = () => {
    isClosed = true;
    client.destroy();
    successor?.destroy();
    for (const { reject } of waiting) reject(closedError());
    waiting.clear();
  };

  return { run, isReady: () => client.isReady, close };
};
