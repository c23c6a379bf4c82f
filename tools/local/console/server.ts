import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Balancer } from './balance.ts';

type ConsoleParts = {
  /** Answers what is not for the API. */
  readonly page: (request: IncomingMessage, response: ServerResponse) => void;
  readonly balancer: Balancer;
};

const prefix = '/api';
// As the producers have them.
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 20_000;

/** The console's server: `/api/*` goes to the producers without that prefix, all else is the page. It does not listen yet. */
export const createConsoleServer = ({ page, balancer }: ConsoleParts): Server =>
  createServer(
    { headersTimeout: headersTimeoutMs, requestTimeout: requestTimeoutMs, connectionsCheckingInterval: 1_000 },
    (request, response) => {
      request.on('error', () => response.destroy());
      response.on('error', () => response.destroy());
      const url = request.url ?? '/';
      const rest = url.slice(prefix.length);
      if (url.startsWith(prefix) && /^(?:[/?]|$)/.test(rest)) {
        balancer.forward(request, response, rest.startsWith('/') ? rest : `/${rest}`);
      } else page(request, response);
    },
  );
