import { createServer, type Server } from 'node:http';
import { createHostCheck } from '@sluice/runtime/config/allowed-hosts.ts';
import type { Balancer } from './balance.ts';
import { limitClients, type Answerer } from './limit-clients.ts';
import { answerProblem } from './problem.ts';

type ConsoleParts = {
  /** Answers requests that are not for the API. */
  readonly page: Answerer;
  readonly balancer: Balancer;
  /** The allowed hosts of requests, in the format of {@link createHostCheck}. */
  readonly hosts: readonly string[];
};

const prefix = '/api';
// The same as those of the producers.
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 20_000;
// Closes a connection whose client does not read its answer. Events come every second.
const stalledTimeoutMs = 30_000;

/**
 * Creates the console's server: `/api/*` goes to the producers without that prefix, everything else
 * to the page. It does not listen yet.
 */
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
        detail: 'The console does not serve the requested host. Add the host to HTTP_ALLOWED_HOSTS.',
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
