import { STATUS_CODES } from '@sluice/runtime/node-http.ts';
import type { Socket } from 'node:net';
import { problemMediaType } from '@sluice/contract/problem.ts';
import type { FastifyInstance } from 'fastify';
import { answerInProgress } from './answer-in-progress.ts';
import { closeLingering } from './linger.ts';
import { corsHeaders, type AllowedOrigins } from '../http/cors.ts';
import { exposedHeaders, problemBody, type ProblemContent, type RefusalObserver } from '../http/problem-answer.ts';
import { safeHeaders } from '../http/safe-headers.ts';

/**
 * Creates the handler of requests that the HTTP parser of Node refuses, or that do not arrive
 * completely in time. It answers with a problem document.
 */
export const createConnectionRefusal =
  (origins: AllowedOrigins, onRefused: RefusalObserver) =>
  (error: NodeJS.ErrnoException, socket: Socket): void => {
    const isOfParser = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' || error.code?.startsWith('HPE_') === true;
    if (!isOfParser) {
      socket.destroy();
      return;
    }
    afterAnswers(socket, () => {
      const problem = problemOfConnection(error);
      onRefused(problem.code);
      endWith(socket, problem, origins);
    });
  };

/** Answers CONNECT, which Node passes on as a bare connection. */
export const refuseTunnels = (
  { server }: FastifyInstance,
  origins: AllowedOrigins,
  onRefused: RefusalObserver,
): void => {
  server.on('connect', (_request, socket: Socket) =>
    afterAnswers(socket, () => {
      onRefused('method_not_allowed');
      endWith(
        socket,
        { status: 405, code: 'method_not_allowed', detail: 'This server does not support CONNECT.' },
        origins,
        'allow: GET, HEAD, POST, OPTIONS',
      );
    }),
  );
};

/**
 * Calls `refuse` after the answers to all complete requests, which came first. Does not call it if
 * one of these answers ends the connection.
 */
const afterAnswers = (socket: Socket, refuse: () => void): void => {
  const answering = answerInProgress(socket);
  // The last answer is already on its way.
  if (socket.writableEnded) return;
  if (!socket.writable || (answering?.headersSent === true && !answering.writableEnded)) {
    socket.destroy();
  } else if (answering?.req.complete === true) {
    answering.once('close', () => afterAnswers(socket, refuse));
  } else if (answering?.headersSent === true) {
    // The malformed part belongs to a request that was answered before it was complete.
    socket.destroySoon();
  } else {
    refuse();
  }
};

const endWith = (
  socket: Socket,
  problem: ProblemContent,
  origins: AllowedOrigins,
  ...more: readonly string[]
): void => {
  const body = problemBody(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    `content-type: ${problemMediaType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    // A request that cannot be parsed has no origin to look up.
    ...Object.entries(corsHeaders(origins, undefined)).map(([name, value]) => `${name}: ${value}`),
    ...(origins === '*' ? [`access-control-expose-headers: ${exposedHeaders}`] : []),
    ...Object.entries(safeHeaders).map(([name, value]) => `${name}: ${value}`),
    'connection: close',
    ...more,
  ];
  closeLingering(socket, `${head.join('\r\n')}\r\n\r\n${body}`);
};

/** Returns the reason that the parser of Node gives. */
const reasonOf = (error: NodeJS.ErrnoException): string =>
  'reason' in error && typeof error.reason === 'string' ? error.reason : error.message;

const problemOfConnection = (error: NodeJS.ErrnoException): ProblemContent => {
  switch (error.code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return {
        status: 408,
        code: 'request_timeout',
        detail: 'The request did not arrive completely in time. Send it again.',
      };
    case 'HPE_HEADER_OVERFLOW':
      return {
        status: 431,
        code: 'headers_too_large',
        detail: 'The headers are larger than 16 KiB, or there are too many. Send fewer.',
      };
    default:
      // Not 501 for an unknown method: bytes that are not HTTP look the same, and the server is not
      // at fault.
      return {
        status: 400,
        code: 'invalid_request',
        detail: `This is not a valid HTTP/1.1 request: ${reasonOf(error)}.`,
      };
  }
};
