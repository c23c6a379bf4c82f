import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** Called for each connection to forward one protocol in both directions. */
type Carrier = (client: Socket, server: Socket) => void;

/**
 * Starts a proxy on loopback that parses its protocol, to stop between two packets. Resolves to its
 * port.
 */
export const createStepProxy = async (test: TestContext, targetPort: number, carry: Carrier): Promise<number> => {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(targetPort, '127.0.0.1');
    for (const [side, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(side);
      // A killed process loses its connection to the server immediately, even when a packet is
      // held.
      side.on('error', () => other.destroy());
      side.on('close', () => {
        other.destroy();
        sockets.delete(side);
      });
    }
    carry(client, upstream);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The system gave no port');
  test.after(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return address.port;
};

/**
 * Passes each packet that a socket receives to `handle`, one after the other. `lengthOf` returns
 * the length of the first packet, or `undefined` while it is unknown. The socket is read in the
 * meantime, so its end is noticed immediately.
 */
export const forEachPacket = (
  socket: Socket,
  lengthOf: (bytes: Buffer) => number | undefined,
  handle: (packet: Buffer) => Promise<void>,
): void => {
  let bytes = Buffer.alloc(0);
  let turn = Promise.resolve();
  socket.on('data', (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    for (let length = lengthOf(bytes); length !== undefined && length <= bytes.length; length = lengthOf(bytes)) {
      const packet = bytes.subarray(0, length);
      bytes = bytes.subarray(length);
      turn = turn.then(() => handle(packet));
    }
  });
};
