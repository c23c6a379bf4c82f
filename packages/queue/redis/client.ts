import { createClient } from '@redis/client';
import { backoffMs, type BackoffRange } from '@sluice/async/backoff.ts';
import type { Credentials } from './password.ts';

/** The settings of a connection to one Redis server. */
export type NodeSettings = {
  readonly host: string;
  readonly port: number;
  /** True to use TLS. The certificate must be valid for `host`. */
  readonly tls: boolean;
  /** CA certificates (PEM) that may have signed the server's, instead of the public ones. */
  readonly ca?: string | undefined;
  /** Called when a session begins, so that passwords may change and tokens may expire. */
  readonly credentials: () => Promise<Credentials>;
  /** Maximum length of a session in ms, before another one replaces it. */
  readonly sessionMs: number;
};

/** The node-redis client, as code that sends commands gets it. */
export type Client = ReturnType<typeof createNodeClient>;

type ClientSettings = Omit<NodeSettings, 'credentials'> & {
  readonly credentials: () => Promise<{ username?: string; password?: string }>;
};

/** The callbacks for the events of a client. */
type ClientWatcher = {
  readonly onReady: (client: Client) => void;
  /**
   * Called when it is connected and cannot log in: the server or the source of credentials is
   * silent.
   */
  readonly onStuck: (client: Client) => void;
  /** Called when its session is due for replacement. */
  readonly onAged: (client: Client) => void;
  readonly onError: (error: unknown) => void;
};

const connectTimeoutMs = 1_000;
// Longer than a service that provides secrets or tokens may take.
const handshakeWithinMs = 5_000;
const reconnectPauses: BackoffRange = { minMs: 20, maxMs: 500 };

const createNodeClient = ({ host, port, tls, ca, credentials }: ClientSettings) => {
  const socket = {
    host,
    port,
    connectTimeout: connectTimeoutMs,
    reconnectStrategy: (attempts: number) => backoffMs(attempts + 1, reconnectPauses),
  };
  return createClient({
    RESP: 3,
    credentialsProvider: { type: 'async-credentials-provider', credentials },
    socket: tls ? { ...socket, tls: true, ...(ca === undefined ? {} : { ca }) } : socket,
    // Commands that were unanswered when a connection broke are not sent by the next one. It could
    // send an XACK without its XDEL, or a WAIT without its XADD.
    disableOfflineQueue: true,
    // The client's own timeout ends when a command is written to the socket. A connection has a
    // deadline that covers the reply.
    commandOptions: { timeout: 0 },
    maintNotifications: 'disabled',
  });
};

/** Opens a client, which connects in the background and reconnects by itself. */
export const openClient = (settings: ClientSettings, watcher: ClientWatcher): Client => {
  const client = createNodeClient(settings);
  let handshake: NodeJS.Timeout | undefined;
  let session: NodeJS.Timeout | undefined;
  client.on('connect', () => {
    handshake = setTimeout(() => watcher.onStuck(client), handshakeWithinMs);
  });
  client.on('ready', () => {
    clearTimeout(handshake);
    clearTimeout(session);
    // Jitter: sessions must not all end at the same time.
    session = setTimeout(() => watcher.onAged(client), settings.sessionMs * (0.8 + Math.random() * 0.2));
    watcher.onReady(client);
  });
  client.on('error', (error) => {
    clearTimeout(handshake);
    watcher.onError(error);
  });
  client.on('end', () => {
    clearTimeout(handshake);
    clearTimeout(session);
  });
  // The error event has reported a failed connect.
  void client.connect().catch(() => undefined);
  return client;
};
