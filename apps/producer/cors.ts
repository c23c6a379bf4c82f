import type { FastifyInstance } from 'fastify';

const preflightSeconds = '86400';

/** Lets pages of `origin` (`*`: of any) read every answer, errors included. */
export const allowOrigin = (server: FastifyInstance, origin: string): void => {
  server.addHook('onRequest', (_request, reply, done) => {
    reply.header('access-control-allow-origin', origin);
    if (origin !== '*') reply.header('vary', 'Origin');
    done();
  });
};

/** What a preflight is told of a path (Fetch standard, CORS protocol): its methods, and the headers that a request may carry. */
export const preflightHeaders = (methods: readonly string[]): Record<string, string> => ({
  'access-control-allow-methods': methods.join(', '),
  'access-control-allow-headers': 'Content-Type',
  'access-control-max-age': preflightSeconds,
});
