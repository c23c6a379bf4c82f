import { openClient, type Client, type NodeSettings } from './client.ts';
import { guardPassword } from './password.ts';

/** The client in use for one server, and the clients that replace it. */
export type Session = {
  readonly current: () => Client;
  /** Ends a client that is no longer usable, and opens another in its place. */
  readonly replace: (client: Client) => void;
  /** Returns the last error since the client was ready. */
  readonly lastError: () => unknown;
  /** Returns the error without the password. */
  readonly conceal: (error: unknown) => unknown;
  readonly close: () => void;
};

type SessionWatcher = { readonly onReady: (client: Client) => void; readonly onError: (error: unknown) => void };

/**
 * Opens a client and keeps one open. Before its session ends, another client logs in and replaces
 * it. Commands sent to the first are still answered.
 */
export const keepSession = (settings: NodeSettings, watcher: SessionWatcher): Session => {
  const { credentials, conceal } = guardPassword(settings.credentials);
  let isClosed = false;
  let successor: Client | undefined;
  let lastError: unknown;

  const open = (): Client =>
    openClient(
      { ...settings, credentials },
      {
        onReady: welcome,
        onStuck: replace,
        onAged: (aged) => {
          if (aged === client && !isClosed) successor ??= open();
        },
        onError: (error) => {
          lastError = conceal(error);
          watcher.onError(lastError);
        },
      },
    );

  const welcome = (ready: Client) => {
    // node-redis opens the socket even of a client that was destroyed just before.
    if (isClosed || (ready !== client && ready !== successor)) {
      ready.destroy();
      return;
    }
    lastError = undefined;
    if (ready === successor) {
      const predecessor = client;
      client = ready;
      successor = undefined;
      // It closes when its commands are answered.
      void predecessor.close().catch(() => undefined);
    }
    if (ready === client) watcher.onReady(ready);
  };

  const replace = (replaced: Client) => {
    replaced.destroy();
    if (isClosed) return;
    if (replaced === client) client = open();
    if (replaced === successor) successor = open();
  };

  let client = open();

  const close = () => {
    isClosed = true;
    client.destroy();
    successor?.destroy();
  };

  return { current: () => client, replace, lastError: () => lastError, conceal, close };
};
