import { createServer, type Server } from 'node:http';
import { createHostCheck } from '@sluice/runtime/config/allowed-hosts.ts';
import type { Balancer } from './balance.ts';
import { limitClients, type Answerer } from './limit-clients.ts';
import { answerProblem } from './problem.ts';

type ConsoleParts = {
  /** Answers what is not for the API. */
  readonly page: Answerer;
  readonly balancer: Balancer;
  /** The hosts that requests may be for, as {@link createHostCheck} takes them. */
  readonly hosts: readonly string[];
};

const prefix = '/api';
// As the producers have them.
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 20_000;
// A client that does not read its answer holds a connection for no longer. Events come every second.
const stalledTimeoutMs = 30_000;

/** The console's server: `/api/*` goes to the producers without that prefix, all else is the page. It does not listen yet. */
export const createConsoleServer = ({ page, balancer, hosts }: ConsoleParts): Server => {
  const isHostAllowed = createHostCheck(hosts);
  const server = createServer({
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: 1_000,
  });
  server.timeout = stalledTimeoutMs;
  limitClients(server, (request, response) => {
    request.on('error', () => response.destroy());
    response.on('error', () => response.destroy());
    if (!isHostAllowed(request)) {
      answerProblem(response, 421, {
        code: 'host_not_allowed',
        detail: 'The console does not answer for the host that the request names. Add it to HTTP_ALLOWED_HOSTS.',
      });
      return;
    }
    const { url = '/' } = request;
    const rest = url.slice(prefix.length);
    if (url.startsWith(prefix) && /^(?:[/?]|$)/.test(rest)) {
      balancer.forward(request, response, rest.startsWith('/') ? rest : `/${rest}`);
    } else page(request, response);
  });
  return server;
};
