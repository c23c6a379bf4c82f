import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { maxBodyBytes, routes, type Route } from '@sluice/contract/routes.ts';
import { tableRoutesOf } from '@sluice/contract/table-routes.ts';
import { createHostCheck } from '@sluice/runtime/config/allowed-hosts.ts';
import type { Logger } from '@sluice/runtime/logging/logger.ts';
import { sampleWarnings, type Warn } from '@sluice/runtime/logging/sample-warnings.ts';
import { fastify, type FastifyInstance, type FastifyReply } from 'fastify';
import { requireToken, type TokenGuard } from './http/bearer-token.ts';
import { findHeaderProblem } from './http/check-headers.ts';
import { lingerOnClose } from './connections/linger.ts';
import { allowOrigin, type AllowedOrigins } from './http/cors.ts';
import type { EnqueueDependencies } from './routes/enqueue-items.ts';
import { problemOfRequest } from './http/request-problem.ts';
import { createKeyReader } from './routes/idempotency-key.ts';
import { answerBadUrl, answerNoRoute, methodsByPath } from './http/not-found.ts';
import { answerProblem, type ProblemContent, type RefusalObserver } from './http/problem-answer.ts';
import type { BodyLimits } from './body/collect-body.ts';
import { clientsBy } from './limits/client-address.ts';
import { evictConnections } from './connections/evict.ts';
import { createFairShares } from './limits/fair-shares.ts';
import { limitPipelining } from './connections/limit-pipelining.ts';
import { takeJson } from './body/read-body.ts';
import { drainConnections } from './connections/drain.ts';
import { createConnectionRefusal, refuseTunnels } from './connections/refuse.ts';
import { addGetCount, type GetCountDependencies } from './routes/get-count.ts';
import { addGetCounts, type GetCountsDependencies } from './routes/get-counts.ts';
import { addGetDocs } from './routes/get-docs.ts';
import { addGetEvents } from './routes/get-events.ts';
import { addGetOpenapi } from './routes/get-openapi.ts';
import { addGetTables } from './routes/get-tables.ts';
import { createPageServer } from './routes/serve-page.ts';
import { addTableRoutes, type TableService } from './routes/table-routes.ts';
import { addGetQueue, type GetQueueDependencies } from './routes/get-queue.ts';
import { addHealth } from './routes/health.ts';
import { addPostCount } from './routes/post-count.ts';
import { addPostCounts } from './routes/post-counts.ts';
import { addReady, type ReadyDependencies } from './routes/ready.ts';
import { addRoot } from './routes/root.ts';
import { setSafeHeaders } from './http/safe-headers.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly logger: Logger;
    /** Logs what clients can cause, at most once a second per message. */
    readonly warn: Warn;
  }
}

/** The dependencies of the routes. */
export type ServerDependencies = EnqueueDependencies<number> &
  GetCountDependencies &
  GetCountsDependencies &
  GetQueueDependencies &
  ReadyDependencies & {
    /** The check of tokens. Without it, no route needs a token. */
    readonly tokenGuard?: TokenGuard | undefined;
    readonly tables?: readonly TableService[] | undefined;
    readonly onRefused?: RefusalObserver | undefined;
  };

const maxConnections = 4_096;
// Room for connections that arrive while every other one is being answered.
const reservedConnections = 64;
// Maximum memory of all bodies and pages held at once, in bytes. The process has 512 MB.
const maxHeldBytes = 33_554_432;
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 20_000;
const checkTimeoutsEveryMs = 1_000;
// A client that does not read its answers holds a connection and its unsent bytes for no longer.
// Events come every second.
const stalledTimeoutMs = 30_000;
// Longer than the 60 s after which a load balancer closes an idle connection. The client must close
// first, or its request can meet a connection that is just being closed.
const keepAliveTimeoutMs = 75_000;

type ServerSettings = {
  readonly corsOrigin: AllowedOrigins;
  /** The hosts that requests may name, as in {@link createHostCheck}. Any host if it is not set. */
  readonly allowedHosts?: readonly string[] | undefined;
  readonly logger: Logger;
  /** The name of a header in which a trusted proxy gives the address of its client. */
  readonly clientAddressHeader?: string | undefined;
};

/** Creates the HTTP server. It does not listen yet. */
export const createServer = (
  dependencies: ServerDependencies,
  { corsOrigin, allowedHosts, logger, clientAddressHeader }: ServerSettings,
): FastifyInstance => {
  const { tables = [], onRefused = () => undefined } = dependencies;
  const contract: readonly Route[] = [
    ...Object.values<Route>(routes),
    ...tables.flatMap(({ table }) => Object.values<Route>(tableRoutesOf(table))),
  ];
  const server = fastify({
    bodyLimit: maxBodyBytes,
    keepAliveTimeout: keepAliveTimeoutMs,
    connectionTimeout: stalledTimeoutMs,
    requestTimeout: requestTimeoutMs,
    http: {
      headersTimeout: headersTimeoutMs,
      connectionsCheckingInterval: checkTimeoutsEveryMs,
      // Node would answer with an empty 400. `checkHeaders` below answers with a problem document.
      requireHostHeader: false,
    },
    // While the server closes, requests on open connections are served. Then the connection ends.
    return503OnClosing: false,
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false } },
    clientErrorHandler: createConnectionRefusal(corsOrigin, onRefused),
    frameworkErrors: (_error, _request, reply) => {
      setSafeHeaders(reply);
      allowOrigin(reply, corsOrigin);
      answerBadUrl(reply);
    },
  });
  server.decorate('onRefused', onRefused);
  server.decorateRequest('answer', null);
  // Fastify has no logger. With one, it creates one more per request. A garbage collection then
  // keeps much of what finished requests leave behind (docs/benchmarks.md).
  server.decorate('logger', logger);
  server.decorate('warn', sampleWarnings(logger));
  server.server.maxConnections = maxConnections + reservedConnections;
  const { heard } = evictConnections(server.server, maxConnections);
  limitPipelining(server.server, heard);
  const limits: BodyLimits = {
    memory: createFairShares(maxHeldBytes),
    clientOf: clientsBy(clientAddressHeader),
  };
  answerExpectations(server);
  refuseTunnels(server, corsOrigin, onRefused);
  lingerOnClose(server);
  drainConnections(server);

  const distrusted = new WeakSet<Socket>();
  checkHeaders(server, distrusted, { corsOrigin, allowedHosts, methodsOf: methodsByPath(contract) });
  server.setErrorHandler<Parameters<typeof problemOfRequest>[0]>((error, request, reply) => {
    // Requests with methods that the router does not know pass no hook.
    setSafeHeaders(reply);
    allowOrigin(reply, corsOrigin);
    decideWhatFollows(request.raw, reply, distrusted);
    const problem = problemOfRequest(error, request.raw.rawHeaders);
    if (problem !== undefined) return answerProblem(reply, problem);
    logger.error({ err: error, method: request.method, path: request.url }, 'a request failed');
    return answerProblem(reply, {
      status: 500,
      code: 'internal_error',
      detail: 'The server failed. The log of the producer has the details.',
    });
  });

  takeJson(server, limits);
  if (dependencies.tokenGuard !== undefined) requireToken(server, dependencies.tokenGuard, contract);
  addRoutes(server, dependencies, limits);
  return server;
};

/** Adds all routes, of counts and of the tables. */
const addRoutes = (server: FastifyInstance, dependencies: ServerDependencies, limits: BodyLimits): void => {
  const { tables: services = [] } = dependencies;
  addRoot(server);
  addHealth(server, dependencies);
  addReady(server, dependencies);
  const readKey = createKeyReader(limits.clientOf, dependencies.tokenGuard !== undefined);
  addPostCount(server, dependencies, readKey);
  addPostCounts(server, dependencies, limits, readKey);
  addGetCount(server, dependencies);
  const servePage = createPageServer(limits, server.warn);
  addGetCounts(server, dependencies, servePage);
  addGetQueue(server, dependencies);
  addGetEvents(server, dependencies, limits);
  const declared = services.map(({ table }) => table);
  addGetOpenapi(server, declared);
  addGetTables(server, declared);
  for (const service of services) addTableRoutes(server, service, { ...dependencies, limits, readKey, servePage });
  addGetDocs(server);
};

/**
 * Evaluates the head of a request before its body is read. One hook for all checks, because each
 * hook costs every request.
 */
const checkHeaders = (
  server: FastifyInstance,
  distrusted: WeakSet<Socket>,
  {
    corsOrigin,
    allowedHosts,
    methodsOf,
  }: Pick<ServerSettings, 'corsOrigin' | 'allowedHosts'> & { readonly methodsOf: ReturnType<typeof methodsByPath> },
): void => {
  const isHostAllowed = allowedHosts === undefined ? () => true : createHostCheck(allowedHosts);
  server.addHook('onRequest', (request, reply, done) => {
    allowOrigin(reply, corsOrigin);
    setSafeHeaders(reply);
    request.answer = reply.raw;
    const { raw } = request;
    // Ignores bytes after a final response or a malformed request: another parser may read them
    // differently (request smuggling).
    if (raw.socket.writableEnded || distrusted.has(raw.socket)) {
      raw.resume();
      return reply.hijack();
    }
    const detail = findHeaderProblem(raw);
    // The parser of Node stops after a request with `Upgrade`. A later request would wait
    // permanently.
    if (detail !== undefined || raw.headers.upgrade !== undefined) {
      distrusted.add(raw.socket);
      reply.header('connection', 'close');
    }
    if (detail !== undefined) return answerProblem(reply, { status: 400, code: 'invalid_request', detail });
    if (!isHostAllowed(raw)) return answerProblem(reply, hostNotAllowed);
    // The router treats `*` as `/`.
    if (request.is404 || request.url === '*') return answerNoRoute(request, reply, methodsOf);
    return done();
  });
};

/**
 * Decides if a connection stays open after an error. Fastify closes it after every refused body.
 * After a body that was read completely, the next request can be trusted. After any other, the
 * server ignores the rest: no answer could refer to it.
 */
const decideWhatFollows = (
  { socket, complete, headers }: IncomingMessage,
  reply: FastifyReply,
  distrusted: WeakSet<Socket>,
): void => {
  if (reply.getHeader('connection') !== 'close' || distrusted.has(socket)) return;
  // Node closes by itself if the client asked for it, or waited for a 100 that did not come.
  const staysOpen = complete && reply.raw.shouldKeepAlive && headers.expect === undefined;
  if (staysOpen) reply.removeHeader('connection');
  else distrusted.add(socket);
};

const hostNotAllowed: ProblemContent = {
  status: 421,
  code: 'host_not_allowed',
  detail: 'This server does not serve the requested host. Add the host to HTTP_ALLOWED_HOSTS.',
};

/**
 * Leaves 100-continue to the reader of the body (RFC 9110 §10.1.1). Ignores unknown expectations.
 */
const answerExpectations = ({ server }: FastifyInstance): void => {
  for (const event of ['checkContinue', 'checkExpectation'] as const)
    server.on(event, (request, response) => server.emit('request', request, response));
};
