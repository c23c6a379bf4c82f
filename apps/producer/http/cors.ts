import type { FastifyReply } from 'fastify';

/** The origins whose pages may read answers: any, or those of a list, which may be empty. */
export type AllowedOrigins = '*' | readonly string[];

// A browser keeps what it was told for this long, also when the list of origins is another one by then.
const preflightSeconds = '600';

const anyOrigin = { 'access-control-allow-origin': '*' } as const;

/**
 * The headers by which a page of `origin` may read an answer (Fetch standard, CORS protocol). Every answer needs them, errors
 * included. There are none when no origin is allowed.
 */
export const corsHeaders = (allowed: AllowedOrigins, origin: string | undefined): Readonly<Record<string, string>> => {
  if (allowed === '*') return anyOrigin;
  if (allowed.length === 0) return {};
  const isAllowed = origin !== undefined && allowed.includes(origin);
  return { vary: 'Origin', ...(isAllowed ? { 'access-control-allow-origin': origin } : {}) };
};

/** Sets {@link corsHeaders} of the answer to a request. */
export const allowOrigin = (reply: FastifyReply, allowed: AllowedOrigins): void => {
  if (allowed === '*') reply.header('access-control-allow-origin', '*');
  else reply.headers(corsHeaders(allowed, reply.request.headers.origin));
};

/** True if the page that sent the request may read its answer. */
export const isReadable = (reply: FastifyReply): boolean => reply.hasHeader('access-control-allow-origin');

/** The answer to a preflight (Fetch standard, CORS protocol): the methods of a path, and the headers that a request may carry. */
export const preflightHeaders = (methods: readonly string[]): Record<string, string> => ({
  'access-control-allow-methods': methods.join(', '),
  // `*` would not cover Authorization.
  'access-control-allow-headers': 'Authorization, Content-Type, Idempotency-Key',
  'access-control-max-age': preflightSeconds,
});
