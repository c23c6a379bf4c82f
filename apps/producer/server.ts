import { problemMediaType } from '@sluice/contract/problem.ts';
import { fastify, LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { allowOrigin } from './cors.ts';
import { faultOfConnection, faultOfRequest } from './faults.ts';
import { answerOtherMethods } from './other-methods.ts';
import { answerProblem, problemBody } from './problem-answer.ts';
import { addGetCount, type GetCountParts } from './routes/get-count.ts';
import { addHealth } from './routes/health.ts';
import { addPostCount, type PostCountParts } from './routes/post-count.ts';
import { addReady, type ReadyParts } from './routes/ready.ts';
import { addRoot } from './routes/root.ts';

/** What the routes are made of. */
export type ServerParts = PostCountParts & GetCountParts & ReadyParts;

const maxBodyBytes = 1_048_576;
// Longer than the 60 s after which a load balancer drops an idle connection: the side that ends it must be the client's,
// or a request can meet a connection that is just being closed.
const keepAliveTimeoutMs = 75_000;

/** Puts the HTTP server together. It does not listen yet. */
export const createServer = (
  parts: ServerParts,
  { corsOrigin, logger }: { corsOrigin: string; logger: FastifyBaseLogger },
): FastifyInstance => {
  const server = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: maxBodyBytes,
    keepAliveTimeout: keepAliveTimeoutMs,
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false } },
    clientErrorHandler: (error, socket) => {
      if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
      const fault = faultOfConnection(error);
      const body = problemBody(fault);
      socket.end(
        `HTTP/1.1 ${fault.status} ${JSON.parse(body).title}\r\ncontent-type: ${problemMediaType}\r\n` +
          `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
      );
    },
  });
  // Left are JSON bodies alone; Fastify would take text too.
  server.removeContentTypeParser('text/plain');

  server.setErrorHandler<Parameters<typeof faultOfRequest>[0]>((error, request, reply) => {
    const fault = faultOfRequest(error);
    if (fault !== undefined) return answerProblem(reply, fault);
    request.log.error({ err: error, method: request.method, path: request.url }, 'a request failed');
    return answerProblem(reply, {
      status: 500,
      code: 'internal_error',
      detail: 'The fault is the server’s own; its log says more.',
    });
  });

  allowOrigin(server, corsOrigin);
  addRoot(server);
  addHealth(server, parts);
  addReady(server, parts);
  addPostCount(server, parts);
  addGetCount(server, parts);
  answerOtherMethods(server);
  return server;
};
