import { STATUS_CODES } from 'node:http';
import { problemMediaType, type Problem, type ProblemCode } from '@sluice/contract/problem.ts';
import type { FastifyReply } from 'fastify';

/** What an error's answer says beside its status. */
export type Fault = {
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors?: NonNullable<Problem['errors']>;
};

/** The body of an error. */
export const problemBody = (fault: Fault): string =>
  JSON.stringify({ type: 'about:blank', title: STATUS_CODES[fault.status] ?? 'Unknown', ...fault } satisfies Problem);

/** Answers with a problem document. Every 503 says when to try again. */
export const answerProblem = (reply: FastifyReply, fault: Fault): FastifyReply => {
  if (fault.status === 503) reply.header('retry-after', '1');
  // Serialized already, so that the schema of no answer is applied to it.
  return reply.code(fault.status).type(problemMediaType).send(problemBody(fault));
};
