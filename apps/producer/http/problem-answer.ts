import { STATUS_CODES } from '@sluice/runtime/node-http.ts';
import { problemMediaType, type Problem, type ProblemCode } from '@sluice/contract/problem.ts';
import type { FastifyReply } from 'fastify';
import { isReadable } from './cors.ts';

/** What an error's answer says beside its status. */
export type Fault = {
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors?: NonNullable<Problem['errors']>;
  /** When to try again, where it is not in {@link retryAfterSeconds}. */
  readonly retryAfterSeconds?: number;
};

/** Hears of each request that is refused, and why. */
export type RefusalObserver = (code: ProblemCode) => void;

declare module 'fastify' {
  interface FastifyInstance {
    readonly onRefused: RefusalObserver;
  }
}

/** A fault found where only an exception leads out. */
export class FaultError extends Error {
  readonly code = 'REQUEST_AT_FAULT';
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.detail);
    this.fault = fault;
  }
}

/** When to try again after a 503 that does not say, in seconds. */
export const retryAfterSeconds = 1;

/** The headers of an answer that pages of other origins may read (Fetch standard, CORS protocol). */
export const exposedHeaders = 'Allow, Retry-After, WWW-Authenticate';

/** The body of an error. */
export const problemBody = ({ retryAfterSeconds: _header, ...fault }: Fault): string =>
  JSON.stringify({ type: 'about:blank', title: STATUS_CODES[fault.status] ?? 'Unknown', ...fault } satisfies Problem);

/** Answers with a problem document. Every 503 and 429 says when to try again. */
export const answerProblem = (reply: FastifyReply, fault: Fault): FastifyReply => {
  // Who hung up is not answered.
  if (!reply.request.raw.socket.destroyed) reply.server.onRefused(fault.code);
  const waitSeconds = fault.retryAfterSeconds ?? (fault.status === 503 ? retryAfterSeconds : undefined);
  if (waitSeconds !== undefined) reply.header('retry-after', String(waitSeconds));
  if (isReadable(reply)) reply.header('access-control-expose-headers', exposedHeaders);
  // Serialized already, so that the schema of no answer is applied to it.
  return reply.code(fault.status).type(problemMediaType).send(problemBody(fault));
};
