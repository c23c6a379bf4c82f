import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { answerInProgress } from './answer-in-progress.ts';
import { networkOf } from '../limits/client-address.ts';

type Opened = { readonly socket: Socket; readonly client: string; lastHeardAt: number };

// A client that was served before probably comes back: its idle time counts a tenth.
const servedWeight = 0.1;
// Scanning all connections is expensive, so one scan makes room for several.
const maxEvictedAtOnce = 32;
const maxEvictedPart = 1 / 8;

/**
 * Keeps a server open for new connections. When it has `maxConnections`, the client with the most
 * connections loses those that have been idle longest. A connection is idle if it sends nothing or
 * only an incomplete request. A complete request is always answered. Clients are told apart by the
 * address of their connection.
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

/**
 * True unless the answer to a complete request is being made. A complete answer that the client
 * does not read counts as idle.
 */
const isIdle = (socket: Socket): boolean => {
  const answer = answerInProgress(socket);
  return answer === undefined || answer.writableEnded || !answer.req.complete;
};
