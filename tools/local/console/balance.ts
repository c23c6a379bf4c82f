import {
  Agent,
  request as startRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import { pipeline } from 'node:stream';
import { hostOf } from '../access.ts';
import { answerProblem } from './problem.ts';

// Headers that apply to one connection only, not to the whole request (RFC 9110 §7.6.1).
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

// Longer than a producer takes for any answer. Events come every second.
const silentTimeoutMs = 30_000;
const connectTimeoutMs = 2_000;
// Idle connections to keep per producer. Those in use are limited by the number of waiting clients
// (limit-clients.ts).
const maxFreeSockets = 16;

/** A balancer that hands requests to the producers in turn. */
export type Balancer = {
  /** Forwards a request to a producer under `path`. */
  readonly forward: (request: IncomingMessage, response: ServerResponse, path: string) => void;
  readonly close: () => void;
};

/** The address and ports of the producers. */
type Producers = { readonly address: string; readonly ports: readonly number[] };

/**
 * Creates a balancer over producers of this machine. It skips a producer that accepts no
 * connection.
 */
export const createBalancer = ({ address, ports }: Producers): Balancer => {
  const agent = new Agent({ keepAlive: true, maxFreeSockets });
  let turn = 0;

  const forward: Balancer['forward'] = (request, response, path) => {
    turn += 1;
    const order = ports.map((_, index) => ports[(turn + index) % ports.length] ?? 0);
    attempt(request, response, path, order);
  };

  const attempt = (request: IncomingMessage, response: ServerResponse, path: string, [port, ...others]: number[]) => {
    if (port === undefined) {
      refuse(response, 'No producer accepts connections. The log of npm start has the reason.');
      return;
    }
    const upstream = startRequest({
      agent,
      host: address,
      port,
      method: request.method,
      path,
      headers: headersOf(request, `${hostOf(address)}:${port}`),
    });
    let isConnected = false;
    // Reads the body only once there is a connection, so that another producer can still get all of
    // it.
    const begin = () => {
      isConnected = true;
      upstream.setTimeout(silentTimeoutMs);
      pipeline(request, upstream, () => undefined);
    };
    upstream.setTimeout(connectTimeoutMs, () => upstream.destroy(new Error('The connection timed out')));
    upstream.once('socket', (socket) => {
      if (socket.connecting) socket.once('connect', begin);
      else begin();
    });
    upstream.once('response', (answer) => {
      const { statusCode = 0 } = answer;
      if (statusCode < 200) {
        answer.destroy();
        refuse(response, 'The producer did not answer with valid HTTP.');
        return;
      }
      response.writeHead(statusCode, answer.statusMessage, withoutHops(answer.headers));
      // Events are small, and each must be sent at once.
      response.socket?.setNoDelay(true);
      response.flushHeaders();
      pipeline(answer, response, () => undefined);
    });
    upstream.on('error', () => {
      if (response.headersSent || response.destroyed) response.destroy();
      else if (isConnected) refuse(response, 'The connection to the producer ended before its answer arrived.');
      else attempt(request, response, path, others);
    });
    response.once('close', () => upstream.destroy());
  };

  return { forward, close: () => agent.destroy() };
};

/** Returns the headers of a request for a producer, with the producer's own host. */
const headersOf = (request: IncomingMessage, host: string): OutgoingHttpHeaders => {
  const { headers, socket } = request;
  const body = headers['transfer-encoding'] === undefined ? {} : { 'transfer-encoding': 'chunked' };
  return {
    ...withoutHops(headers),
    ...body,
    host,
    'x-forwarded-for': [headers['x-forwarded-for'], socket.remoteAddress].filter(Boolean).join(', '),
    'x-forwarded-host': headers.host ?? '',
    'x-forwarded-proto': 'http',
  };
};

const withoutHops = (headers: IncomingMessage['headers']): OutgoingHttpHeaders => {
  const named = new Set(headers.connection?.split(',').map((name) => name.trim().toLowerCase()));
  // Without its length, a body would be read as the next request of the connection, and clients
  // would get each other's answers (request smuggling).
  named.delete('content-length');
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.has(name) && !named.has(name)));
};

const refuse = (response: ServerResponse, detail: string): void =>
  answerProblem(response, 502, { code: 'internal_error', detail });
