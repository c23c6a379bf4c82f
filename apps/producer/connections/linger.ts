import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

// For so long a client may go on sending behind its last answer.
const lingerMs = 5_000;

/**
 * Makes a server close connections in stages behind the last answers that Node writes. A client that
 * ends its own side behind its requests still gets every answer: Node would drop those that wait.
 */
export const lingerOnClose = ({ server }: FastifyInstance): void => {
  // Node's own switch (_http_server.js, socketOnEnd), which its types leave out.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.on('connection', (socket) => {
    // Node’s own, which it calls behind a last answer, closes at once.
    socket.destroySoon = () => closeInStages(socket);
  });
};

/**
 * Closes a connection behind its last answer, of which `last` is what has not been written yet. What the client still sends is read and thrown
 * away until it closes, too, or time is up: a connection that is closed with bytes unread is reset, and who still sends may never see the
 * answer then (RFC 9112 §9.6).
 */
export const closeInStages = (socket: Socket, last?: string): void => {
  socket.on('error', () => socket.destroy());
  if (last !== undefined) socket.write(last);
  socket.end(() => {
    if (socket.destroyed) return;
    const timer = setTimeout(() => socket.destroy(), lingerMs);
    socket.once('close', () => clearTimeout(timer));
    socket.resume();
  });
};
