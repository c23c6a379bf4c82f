import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

// The time that a client may go on sending after its last answer.
const lingerMs = 5_000;

/**
 * Enables lingering close after the last answers that Node writes. A client that closes its own
 * side after its requests still gets every answer. Node would drop the answers that wait.
 */
export const lingerOnClose = ({ server }: FastifyInstance): void => {
  // An internal switch of Node (_http_server.js, socketOnEnd), which its types leave out.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.on('connection', (socket) => {
    // Node calls this after a last answer. Its own function closes at once.
    socket.destroySoon = () => closeLingering(socket);
  });
};

/**
 * Closes a connection after its last answer (lingering close, RFC 9112 §9.6). `last` is the part of
 * the answer that is not written yet. Reads and discards what the client still sends, until the
 * client closes or the time is up. Closing with unread bytes would reset the connection, and the
 * client might never see the answer.
 */
export const closeLingering = (socket: Socket, last?: string): void => {
  socket.on('error', () => socket.destroy());
  if (last !== undefined) socket.write(last);
  socket.end(() => {
    if (socket.destroyed) return;
    const timer = setTimeout(() => socket.destroy(), lingerMs);
    socket.once('close', () => clearTimeout(timer));
    socket.resume();
  });
};
