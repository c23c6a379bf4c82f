import { STATUS_CODES } from '@sluice/runtime/node-http.ts';
import { problemMediaType, type Problem, type ProblemCode } from '@sluice/contract/problem.ts';
import type { FastifyReply } from 'fastify';
import { isReadable } from './cors.ts';

/** The content of a problem document, and its status. */
export type Fault = {
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors?: NonNullable<Problem['errors']>;
  /** The delay before a retry, if it differs from {@link retryAfterSeconds}. */
  readonly retryAfterSeconds?: number;
};

/** Called with the code of each refused request. */
export type RefusalObserver = (code: ProblemCode) => void;

declare module 'fastify' {
  interface FastifyInstance {
    readonly onRefused: RefusalObserver;
  }
}

/** An error that carries a {@link Fault}, for code that can only throw. */
export class FaultError extends Error {
  readonly code = 'REQUEST_AT_FAULT';
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.detail);
    this.fault = fault;
  }
}

/** The default delay before a retry after a 503, in seconds. */
export const retryAfterSeconds = 1;

/** The headers that pages of other origins may read (Fetch standard, CORS protocol). */
export const exposedHeaders = 'Allow, Retry-After, WWW-Authenticate';

/** Serializes a problem document. */
export const problemBody = ({ retryAfterSeconds: _header, ...fault }: Fault): string =>
  JSON.stringify({ type: 'about:blank', title: STATUS_CODES[fault.status] ?? 'Unknown', ...fault } satisfies Problem);

/** Answers with a problem document. Every 503 and 429 has a `Retry-After`. */
export const answerProblem = (reply: FastifyReply, fault: Fault): FastifyReply => {
  // A client that has disconnected gets no answer, so it does not count as refused.
  if (!reply.request.raw.socket.destroyed) reply.server.onRefused(fault.code);
  const waitSeconds = fault.retryAfterSeconds ?? (fault.status === 503 ? retryAfterSeconds : undefined);
  if (waitSeconds !== undefined) reply.header('retry-after', String(waitSeconds));
  if (isReadable(reply)) reply.header('access-control-expose-headers', exposedHeaders);
  // Serialized already, so that Fastify applies no response schema.
  return reply.code(fault.status).type(problemMediaType).send(problemBody(fault));
};
