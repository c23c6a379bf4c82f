import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** A TCP proxy on loopback between what is tested and a server, to break the line between them. */
export const createProxy = async (test: TestContext, targetPort: number) => {
  const pairs = new Set<readonly [client: Socket, server: Socket]>();
  let isSwallowingReplies = false;
  let isRefusing = false;
  let swallowedBytes = 0;

  const server = createServer((client) => {
    if (isRefusing) {
      client.destroy();
      return;
    }
    const upstream = connect(targetPort, '127.0.0.1');
    const pair = [client, upstream] as const;
    pairs.add(pair);
    client.on('data', (chunk) => upstream.write(chunk));
    upstream.on('data', (chunk) => {
      if (isSwallowingReplies) swallowedBytes += chunk.length;
      else client.write(chunk);
    });
    for (const [side, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      side.on('error', () => other.destroy());
      side.on('close', () => {
        other.destroy();
        pairs.delete(pair);
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The system gave no port');

  /** Ends every connection, as a server does that is killed. */
  const cut = () => {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
  };

  test.after(async () => {
    cut();
    server.close();
    await once(server, 'close');
  });

  return {
    port: address.port,
    cut,
    /** From now on what the server answers is lost, though it does what it is asked: a half-open connection. */
    swallowReplies: (isSwallowing: boolean) => {
      isSwallowingReplies = isSwallowing;
    },
    /** How many connections go through it. */
    connections: () => pairs.size,
    /** How many bytes of answers were lost. */
    swallowedBytes: () => swallowedBytes,
    /** New connections are ended at once. */
    refuse: (shouldRefuse: boolean) => {
      isRefusing = shouldRefuse;
    },
  };
};
