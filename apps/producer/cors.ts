import type { FastifyReply } from 'fastify';

const preflightSeconds = '86400';

/** Lets pages of `origin` (`*`: of any) read an answer. Every answer needs it, errors included. */
export const allowOrigin = (reply: FastifyReply, origin: string): void => {
  reply.header('access-control-allow-origin', origin);
  if (origin !== '*') reply.header('vary', 'Origin');
};

/** What a preflight is told of a path (Fetch standard, CORS protocol): its methods, and the headers that a request may carry. */
export const preflightHeaders = (methods: readonly string[]): Record<string, string> => ({
  'access-control-allow-methods': methods.join(', '),
  'access-control-allow-headers': 'Authorization, Content-Type, Idempotency-Key',
  'access-control-max-age': preflightSeconds,
});
