import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { Owner } from '../test-file.ts';

/** Two sockets and what is lost between them. */
type Pair = {
  readonly sockets: readonly [client: Socket, server: Socket];
  losesRequests: boolean;
  losesReplies: boolean;
};

/** Changes the bytes of one direction; as many must come out as go in where a length stands before them. */
type Rewrite = (chunk: Buffer) => Buffer;

const asIs: Rewrite = (chunk) => chunk;

/**
 * A TCP proxy on loopback between what is tested and a server, to break the line between them. It can rewrite what is
 * sent, to make the server look like another one.
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
    // That a side has ended is told the other, unless what it says is lost.
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

  /** Ends every connection, as a server does that is killed. */
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
    /** From now on what the server answers is lost, though it does what it is asked. */
    swallowReplies: (isSwallowing: boolean) => {
      isSwallowingReplies = isSwallowing;
    },
    /** The connections that there are become half-open: what goes one way is lost for ever, or both. New ones are whole. */
    silence: (way: 'requests' | 'replies' | 'both') => {
      for (const pair of pairs) {
        pair.losesRequests ||= way !== 'replies';
        pair.losesReplies ||= way !== 'requests';
      }
    },
    /** What servers send on the connections that there are waits, until it goes on. */
    stall: (isStalled: boolean) => {
      for (const { sockets } of pairs) {
        if (isStalled) sockets[1].pause();
        else sockets[1].resume();
      }
    },
    /** New connections lead to another server. */
    retarget: (port: number) => {
      target = port;
    },
    /** How many connections go through it. */
    connections: () => pairs.size,
    /** How many bytes were lost. */
    swallowedBytes: () => swallowedBytes,
    /** New connections are ended at once. */
    refuse: (shouldRefuse: boolean) => {
      isRefusing = shouldRefuse;
    },
  };
};
