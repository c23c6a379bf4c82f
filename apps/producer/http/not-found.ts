import type { Route } from '@sluice/contract/routes.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isReadable, preflightHeaders } from './cors.ts';
import { answerProblem } from './problem-answer.ts';

/** Returns the methods of each path of the contract, including HEAD and OPTIONS. */
export const methodsByPath = (contract: readonly Route[]): ReadonlyMap<string, readonly string[]> =>
  new Map<string, readonly string[]>(
    [...Map.groupBy<string, Route>(contract, ({ path }) => path)].map(([path, its]) => {
      const methods: string[] = its.map(({ method }) => method);
      return [path, [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS']];
    }),
  );

/**
 * Answers a request that no route handles: OPTIONS (such as preflights), 405 with `Allow` for other
 * methods of a path, 404 for other paths.
 */
export const answerNoRoute = (
  request: FastifyRequest,
  reply: FastifyReply,
  methodsOf: ReadonlyMap<string, readonly string[]>,
): FastifyReply => {
  // `OPTIONS *` applies to the whole server: a no-op to test it (RFC 9110 §9.3.7).
  if (request.method === 'OPTIONS' && request.url === '*') {
    return reply.code(204).header('allow', 'GET, HEAD, POST, OPTIONS').send();
  }
  const path = pathOf(request.url);
  const methods = methodsOf.get(path);
  if (methods === undefined) {
    const list = path.startsWith('/tables/') ? '/tables lists the tables' : '/openapi.json lists the paths';
    return answerProblem(reply, {
      status: 404,
      code: 'not_found',
      detail: `This path does not exist. GET ${list}.`,
    });
  }
  const allow = methods.join(', ');
  if (request.method === 'OPTIONS')
    return reply
      .code(204)
      .headers({ allow, ...(isReadable(reply) ? preflightHeaders(methods) : {}) })
      .send();
  return answerProblem(reply.header('allow', allow), {
    status: 405,
    code: 'method_not_allowed',
    detail: `This path allows ${allow}.`,
  });
};

/** Answers a URL that the router cannot parse. */
export const answerBadUrl = (reply: FastifyReply): FastifyReply =>
  answerProblem(reply, {
    status: 400,
    code: 'invalid_request',
    detail: 'The URL is not well-formed: its percent-encoding must be UTF-8.',
  });

/**
 * Returns the path as the router sees it: percent-decoded except for slashes and other delimiters,
 * without the query and without the authority of an absolute-form URL.
 */
const pathOf = (url: string): string => {
  const path = url.replace(/^https?:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '');
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
};
