import type { FastifyReply } from 'fastify';

/**
 * The headers of every answer. They disable content sniffing and caching. Routes may override the
 * second.
 */
export const safeHeaders = { 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' } as const;

/** Sets the {@link safeHeaders}. */
export const setSafeHeaders = (reply: FastifyReply): void => {
  reply.header('x-content-type-options', safeHeaders['x-content-type-options']);
  reply.header('cache-control', safeHeaders['cache-control']);
};
