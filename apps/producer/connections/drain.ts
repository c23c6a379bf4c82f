import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

const sweepEveryMs = 50;
// More than the queue may take to acknowledge; what is left then are requests that do not arrive.
const patienceMs = 4_000;

/**
 * Lets a server that closes wait for nothing but the answers that it owes. Node ends what is idle when it begins to close; a
 * connection that was busy then would stay open for as long as it is kept alive, and one that has not been used yet for good.
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
