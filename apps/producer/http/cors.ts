import type { FastifyReply } from 'fastify';

/** The origins whose pages may read answers: any, or those of a list, which may be empty. */
export type AllowedOrigins = '*' | readonly string[];

// Browsers cache a preflight for this long, even if the list of origins changes meanwhile.
const preflightSeconds = '600';

const anyOrigin = { 'access-control-allow-origin': '*' } as const;

/**
 * Returns the headers that let a page of `origin` read an answer (Fetch standard, CORS protocol).
 * Every answer needs them, errors included. Returns none if no origin is allowed.
 */
export const corsHeaders = (allowed: AllowedOrigins, origin: string | undefined): Readonly<Record<string, string>> => {
  if (allowed === '*') return anyOrigin;
  if (allowed.length === 0) return {};
  const isAllowed = origin !== undefined && allowed.includes(origin);
  return { vary: 'Origin', ...(isAllowed ? { 'access-control-allow-origin': origin } : {}) };
};

/** Sets the {@link corsHeaders} of an answer. */
export const allowOrigin = (reply: FastifyReply, allowed: AllowedOrigins): void => {
  if (allowed === '*') reply.header('access-control-allow-origin', '*');
  else reply.headers(corsHeaders(allowed, reply.request.headers.origin));
};

/** True if the page that sent the request may read its answer. */
export const isReadable = (reply: FastifyReply): boolean => reply.hasHeader('access-control-allow-origin');

/**
 * Returns the headers of a preflight answer (Fetch standard, CORS protocol): the methods of a path,
 * and the headers that a request may carry.
 */
export const preflightHeaders = (methods: readonly string[]): Record<string, string> => ({
  'access-control-allow-methods': methods.join(', '),
  // `*` would not cover Authorization.
  'access-control-allow-headers': 'Authorization, Content-Type, Idempotency-Key',
  'access-control-max-age': preflightSeconds,
});
