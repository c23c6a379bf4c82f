import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

const sweepEveryMs = 50;
// Longer than the queue may take to ack. Requests that are left then are incomplete.
const patienceMs = 4_000;

/**
 * Closes connections on a graceful shutdown, so that the server waits only for its answers. Node
 * closes idle connections only once, when it begins to close. A connection that was busy then would
 * stay open for the keep-alive timeout. A connection that was never used would stay open
 * permanently.
 */
export const drainConnections = (server: FastifyInstance): void => {
  const connections = new Set<Socket>();
  server.server.on('connection', (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  server.addHook('preClose', (done) => {
    const giveUpAt = performance.now() + patienceMs;
    const sweep = setInterval(() => {
      server.server.closeIdleConnections();
      const isLate = performance.now() > giveUpAt;
      for (const socket of connections) if (isLate || socket.bytesRead === 0) socket.destroy();
    }, sweepEveryMs);
    server.server.once('close', () => clearInterval(sweep));
    done();
  });
};
