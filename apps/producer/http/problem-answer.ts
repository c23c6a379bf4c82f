import { STATUS_CODES } from '@sluice/runtime/node-http.ts';
import { problemMediaType, type Problem, type ProblemCode } from '@sluice/contract/problem.ts';
import type { FastifyReply } from 'fastify';
import { isReadable } from './cors.ts';

/** The content of a problem document, and its status. */
export type ProblemContent = {
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

/** An error that carries a {@link ProblemContent}, for code that can only throw. */
export class ProblemError extends Error {
  readonly code = 'REQUEST_AT_FAULT';
  readonly problem: ProblemContent;

  constructor(problem: ProblemContent) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** The default delay before a retry after a 503, in seconds. */
export const retryAfterSeconds = 1;

/** The headers that pages of other origins may read (Fetch standard, CORS protocol). */
export const exposedHeaders = 'Allow, Retry-After, WWW-Authenticate';

/** Serializes a problem document. */
export const problemBody = ({ retryAfterSeconds: _header, ...problem }: ProblemContent): string =>
  JSON.stringify({
    type: 'about:blank',
    title: STATUS_CODES[problem.status] ?? 'Unknown',
    ...problem,
  } satisfies Problem);

/** Answers with a problem document. Every 503 and 429 has a `Retry-After`. */
export const answerProblem = (reply: FastifyReply, problem: ProblemContent): FastifyReply => {
  // A client that has disconnected gets no answer, so it does not count as refused.
  if (!reply.request.raw.socket.destroyed) reply.server.onRefused(problem.code);
  const waitSeconds = problem.retryAfterSeconds ?? (problem.status === 503 ? retryAfterSeconds : undefined);
  if (waitSeconds !== undefined) reply.header('retry-after', String(waitSeconds));
  if (isReadable(reply)) reply.header('access-control-expose-headers', exposedHeaders);
  // Serialized already, so that Fastify applies no response schema.
  return reply.code(problem.status).type(problemMediaType).send(problemBody(problem));
};
