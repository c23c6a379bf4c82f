import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export type Answerer = (request: IncomingMessage, response: ServerResponse) => void;

// A browser opens at most 6 connections, and one more for each page that follows events.
const maxConnections = 256;
// Browsers send no request before the answer to the last one.
const maxUnanswered = 8;

type Client = {
  /** The requests that wait for the answer to the one before. */
  readonly waiting: (() => void)[];
  isBusy: boolean;
};

/**
 * Limits the resources that clients can occupy on a server.
 *
 * - Each connection has one request in progress at a time, so there are never more requests to
 *   the producers than connections.
 * - A connection that sends many requests without waiting for answers is closed.
 * - With too many connections, the one that has been idle longest is closed. If none is idle, the
 *   new one is closed.
 */
export const limitClients = (server: Server, answer: Answerer): void => {
  /** The clients, those that have been idle longest first. */
  const clients = new Map<Socket, Client>();

  const makeRoom = (newcomer: Socket) => {
    if (clients.size <= maxConnections) return;
    const [idle] = [...clients].find(([socket, { isBusy }]) => !isBusy && socket !== newcomer) ?? [newcomer];
    idle.destroy();
    clients.delete(idle);
  };

  const next = (socket: Socket, client: Client) => {
    const run = client.waiting.shift();
    client.isBusy = run !== undefined;
    if (run !== undefined) run();
    else if (clients.delete(socket)) clients.set(socket, client);
  };

  server.on('connection', (socket) => {
    clients.set(socket, { waiting: [], isBusy: false });
    socket.once('close', () => clients.delete(socket));
    makeRoom(socket);
  });

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    const client = clients.get(socket);
    // The rest of the data from a closed connection.
    if (client === undefined || socket.destroyed) return;
    if (client.waiting.length >= maxUnanswered) {
      socket.destroy();
      client.waiting.length = 0;
      return;
    }
    client.waiting.push(() => {
      response.once('close', () => next(socket, client));
      answer(request, response);
    });
    if (!client.isBusy) next(socket, client);
  });
};
