import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { answerInProgress } from './answer-in-progress.ts';
import { networkOf } from '../limits/client-address.ts';

type Opened = { readonly socket: Socket; readonly client: string; lastHeardAt: number };

// A client that was served before is believed to come back: its idle time counts a tenth.
const servedWeight = 0.1;
// Looking at all connections costs; one look makes room for several.
const maxEvictedAtOnce = 32;
const maxEvictedPart = 1 / 8;

/**
 * Keeps a server open for new connections: when it has `maxConnections`, the client with the most gives
 * up those that have been idle longest. Idle is a connection that sends nothing, or a request that does
 * not become whole; a request that is whole is always answered. Clients are told apart by the address
 * of their connection.
 */
export const evictConnections = (
  server: Server,
  maxConnections: number,
): { readonly heard: (socket: Socket) => void } => {
  const opened = new Map<Socket, Opened>();

  server.on('connection', (socket) => {
    const now = performance.now();
    const connection: Opened = { socket, client: networkOf(socket.remoteAddress ?? ''), lastHeardAt: now };
    if (opened.size >= maxConnections) evict([...opened.values()], now);
    opened.set(socket, connection);
    socket.once('close', () => opened.delete(socket));
  });

  const heard = (socket: Socket): void => {
    const connection = opened.get(socket);
    if (connection !== undefined) connection.lastHeardAt = performance.now();
  };
  return { heard };
};

const evict = (opened: readonly Opened[], now: number): void => {
  const [largest = []] = [...Map.groupBy(opened, ({ client }) => client).values()].toSorted(
    (one, other) => other.length - one.length,
  );
  const room = Math.max(1, Math.min(maxEvictedAtOnce, Math.floor(largest.length * maxEvictedPart)));
  largest
    .filter(({ socket }) => isIdle(socket))
    .map(({ socket, lastHeardAt }) => ({
      socket,
      idleMs: (now - lastHeardAt) * (socket.bytesWritten > 0 ? servedWeight : 1),
    }))
    .toSorted((one, other) => other.idleMs - one.idleMs)
    .slice(0, room)
    .forEach(({ socket }) => socket.destroy());
};

/** True unless the answer to a whole request is being made. An answer that only its client keeps waiting counts as idle. */
const isIdle = (socket: Socket): boolean => {
  const answer = answerInProgress(socket);
  return answer === undefined || answer.writableEnded || !answer.req.complete;
};
