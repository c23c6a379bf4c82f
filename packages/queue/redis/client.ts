import { createClient } from '@redis/client';
import type { Credentials } from './password.ts';

/** One Redis server and how to reach it. */
export type NodeSettings = {
  readonly host: string;
  readonly port: number;
  /** Whether to use TLS. The certificate must be valid for `host`. */
  readonly tls: boolean;
  /** Certificates (PEM) of who may have signed the server's, in place of the public ones. */
  readonly ca?: string | undefined;
  /** Asked whenever a session begins, so that passwords may change and tokens may expire. */
  readonly credentials: () => Promise<Credentials>;
  /** How long a session lasts before another takes its place. */
  readonly sessionMs: number;
};

/** The client of node-redis, as it is handed to who sends commands. */
export type Client = ReturnType<typeof createNodeClient>;

type ClientSettings = Omit<NodeSettings, 'credentials'> & {
  readonly credentials: () => Promise<{ username?: string; password?: string }>;
};

/** Hears what becomes of a client. */
type ClientWatcher = {
  readonly onReady: (client: Client) => void;
  /** It is connected and cannot log in: the server or who gives the credentials is silent. */
  readonly onStuck: (client: Client) => void;
  /** Its session has lasted as long as it may. */
  readonly onAged: (client: Client) => void;
  readonly onError: (error: unknown) => void;
};

const connectTimeoutMs = 1_000;
// Longer than a service that hands out secrets or tokens may take.
const handshakeWithinMs = 5_000;
const longestReconnectPauseMs = 500;

const createNodeClient = ({ host, port, tls, ca, credentials }: ClientSettings) => {
  const socket = {
    host,
    port,
    connectTimeout: connectTimeoutMs,
    reconnectStrategy: (attempts: number) => Math.min(20 * 2 ** attempts, longestReconnectPauseMs) + Math.random() * 20,
  };
  return createClient({
    RESP: 3,
    credentialsProvider: { type: 'async-credentials-provider', credentials },
    socket: tls ? { ...socket, tls: true, ...(ca === undefined ? {} : { ca }) } : socket,
    // What was not answered when a connection breaks is not sent by the next one: an XACK without its XDEL, a WAIT without its XADD.
    disableOfflineQueue: true,
    // The client's own time limit ends where a command is written to the socket; a connection has one that covers the reply.
    commandOptions: { timeout: 0 },
    maintNotifications: 'disabled',
  });
};

/** Opens a client, which connects in the background and connects again by itself. */
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
    // Not all at the same time.
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
  // A failed connect was reported by the error event.
  void client.connect().catch(() => undefined);
  return client;
};
