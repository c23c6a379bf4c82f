import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isDefect } from '@sluice/contract/defect.ts';
import { routes, type Route, type TokensFor } from '@sluice/contract/routes.ts';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { answerProblem } from './problem-answer.ts';

/** Whether a token is one of those that are valid now. Throws when that cannot be found out. */
export type TokenCheck = (token: string) => Promise<boolean>;

/** What a producer with tokens asks one for, and how it checks one. */
export type TokenGuard = { readonly isTokenValid: TokenCheck; readonly tokensFor: TokensFor };

/**
 * Checks tokens against a list that may change from call to call. The time that a check takes tells nothing of the list:
 * digests of one length are compared, in constant time, and every one of them.
 */
export const createTokenCheck = (readTokens: () => Promise<readonly string[]>): TokenCheck => {
  const digestsOf = new WeakMap<readonly string[], readonly Buffer[]>();
  return async (token) => {
    const tokens = await readTokens();
    const digests = digestsOf.get(tokens) ?? tokens.map(digestOf);
    digestsOf.set(tokens, digests);
    const given = digestOf(token);
    let isValid = false;
    for (const known of digests) isValid = timingSafeEqual(known, given) || isValid;
    return isValid;
  };
};

/** The token that a request carries, valid or not. */
export const bearerTokenOf = ({ authorization = '' }: IncomingHttpHeaders): string | undefined =>
  /^bearer +(\S+)$/i.exec(authorization)?.[1];

/** The SHA-256 of a token, which may be kept where the token itself must not. */
export const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest();

/**
 * Makes the routes that need a token answer 401 without a valid one, before their body is read. Routes are looked up in
 * the contract by their path, so that HEAD needs what GET needs. To be called before they are added.
 */
export const requireToken = (server: FastifyInstance, { isTokenValid, tokensFor }: TokenGuard): void => {
  server.addHook('onRoute', (route) => {
    if (![route.method].flat().some((method) => isGuarded(method, route.url, tokensFor))) return;
    route.onRequest = async (request, reply) => {
      const token = bearerTokenOf(request.headers);
      if (token === undefined) {
        return refuse(
          reply,
          'Bearer realm="sluice"',
          'This request needs a token: Authorization: Bearer, and the token.',
        );
      }
      let isValid;
      try {
        isValid = await isTokenValid(token);
      } catch (error) {
        if (isDefect(error)) throw error;
        server.warn({ err: error }, 'could not read the tokens');
        return answerProblem(reply, {
          status: 503,
          code: 'tokens_unavailable',
          detail: 'The token cannot be checked now. Nothing was recorded. Try again.',
        });
      }
      if (isValid) return undefined;
      return refuse(reply, 'Bearer realm="sluice", error="invalid_token"', 'The token is not valid.');
    };
  });
};

const isGuarded = (method: string, path: string, tokensFor: TokensFor): boolean => {
  const contracted = method === 'HEAD' ? 'GET' : method;
  const route = Object.values<Route>(routes).find((its) => its.path === path && its.method === contracted);
  return route?.needsToken === 'writes' || (route?.needsToken === 'all' && tokensFor === 'all');
};

const refuse = (reply: FastifyReply, challenge: string, detail: string): FastifyReply =>
  answerProblem(reply.header('www-authenticate', challenge), { status: 401, code: 'unauthorized', detail });
