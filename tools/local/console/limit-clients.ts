import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export type Answerer = (request: IncomingMessage, response: ServerResponse) => void;

// A browser opens 6 connections at most, and one more for each page that follows events.
const maxConnections = 256;
// Browsers send no request before they have the answer to the one before.
const maxUnanswered = 8;

type Client = {
  /** Requests that wait for the answer to the one before. */
  readonly waiting: (() => void)[];
  isBusy: boolean;
};

/**
 * Bounds what clients of a server can make it hold. One request of a connection is answered at a time, so there are never more requests
 * to the producers than there are connections. A connection that sends many requests without waiting for answers is closed. When there
 * are too many connections, the one that has been idle the longest is closed; when none is idle, the new one.
 */
export const limitClients = (server: Server, answer: Answerer): void => {
  /** Those that have been idle the longest come first. */
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
    // The rest of what a closed connection has sent.
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
