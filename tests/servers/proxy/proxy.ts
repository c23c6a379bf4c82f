import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { Owner } from '../test-file.ts';

/** A client socket and a server socket, and the directions in which data is lost. */
type Pair = {
  readonly sockets: readonly [client: Socket, server: Socket];
  losesRequests: boolean;
  losesReplies: boolean;
};

/**
 * Called for each chunk of one direction. It must keep the length where the protocol has a length
 * prefix.
 */
type Rewrite = (chunk: Buffer) => Buffer;

const asIs: Rewrite = (chunk) => chunk;

/**
 * Starts a TCP proxy on loopback in front of a server, to break its connections. It can rewrite
 * data to make the server look like another one.
 */
export const createProxy = async (
  owner: Owner,
  targetPort: number,
  { requests = asIs, replies = asIs }: { readonly requests?: Rewrite; readonly replies?: Rewrite } = {},
) => {
  const pairs = new Set<Pair>();
  let target = targetPort;
  let isSwallowingReplies = false;
  let isRefusing = false;
  let swallowedBytes = 0;

  const server = createServer((client) => {
    if (isRefusing) {
      client.destroy();
      return;
    }
    const upstream = connect(target, '127.0.0.1');
    const pair: Pair = { sockets: [client, upstream], losesRequests: false, losesReplies: false };
    pairs.add(pair);
    client.on('data', (chunk) => {
      if (pair.losesRequests) swallowedBytes += chunk.length;
      else upstream.write(requests(chunk));
    });
    upstream.on('data', (chunk) => {
      if (isSwallowingReplies || pair.losesReplies) swallowedBytes += chunk.length;
      else client.write(replies(chunk));
    });
    // Closes the other side too, unless the data of this direction is lost.
    const tell = (other: Socket, isLost: boolean) => {
      if (!isLost) other.destroy();
      if (client.destroyed && upstream.destroyed) pairs.delete(pair);
    };
    for (const socket of pair.sockets) socket.on('error', () => socket.destroy());
    client.on('close', () => tell(upstream, pair.losesRequests));
    upstream.on('close', () => tell(client, pair.losesReplies));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The system gave no port');

  /** Closes every connection, as a killed server does. */
  const cut = () => {
    for (const { sockets } of pairs) for (const socket of sockets) socket.destroy();
  };

  owner.after(async () => {
    cut();
    server.close();
    await once(server, 'close');
  });

  return {
    port: address.port,
    cut,
    /** Drops all replies. The server still executes the requests. */
    swallowReplies: (isSwallowing: boolean) => {
      isSwallowingReplies = isSwallowing;
    },
    /**
     * Makes the open connections half-open: drops their data permanently, in one direction or both.
     * New connections work.
     */
    silence: (way: 'requests' | 'replies' | 'both') => {
      for (const pair of pairs) {
        pair.losesRequests ||= way !== 'replies';
        pair.losesReplies ||= way !== 'requests';
      }
    },
    /** Holds back server data on the open connections until it is called with false. */
    stall: (isStalled: boolean) => {
      for (const { sockets } of pairs) {
        if (isStalled) sockets[1].pause();
        else sockets[1].resume();
      }
    },
    /** Sends new connections to another server. */
    retarget: (port: number) => {
      target = port;
    },
    /** Returns the number of open connections. */
    connections: () => pairs.size,
    /** Returns the number of dropped bytes. */
    swallowedBytes: () => swallowedBytes,
    /** Closes new connections immediately. */
    refuse: (shouldRefuse: boolean) => {
      isRefusing = shouldRefuse;
    },
  };
};
