import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isDefect } from '@sluice/contract/defect.ts';
import type { Route, TokensFor } from '@sluice/contract/routes.ts';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { answerProblem } from './problem-answer.ts';

/** Returns true if a token is valid now. Throws if that cannot be determined. */
export type TokenCheck = (token: string) => Promise<boolean>;

/** The check of tokens, and the routes that need one. */
export type TokenGuard = { readonly isTokenValid: TokenCheck; readonly tokensFor: TokensFor };

/**
 * Checks tokens against a list that may change between calls. The time of a check reveals nothing
 * about the list: it compares digests of equal length in constant time, and always all of them.
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

/** Returns the token that a request carries, valid or not. */
export const bearerTokenOf = ({ authorization = '' }: IncomingHttpHeaders): string | undefined =>
  /^bearer +(\S+)$/i.exec(authorization)?.[1];

/** Returns the SHA-256 of a token. The digest may be kept where the token must not. */
export const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest();

/**
 * Makes guarded routes of the contract answer 401 without a valid token, before their body is read.
 * It looks routes up by path, so HEAD needs what GET needs. Call it before adding the routes.
 */
export const requireToken = (
  server: FastifyInstance,
  { isTokenValid, tokensFor }: TokenGuard,
  contract: readonly Route[],
): void => {
  const isGuarded = (method: string, path: string): boolean => {
    const contracted = method === 'HEAD' ? 'GET' : method;
    const route = contract.find((its) => its.path === path && its.method === contracted);
    return route?.needsToken === 'writes' || (route?.needsToken === 'all' && tokensFor === 'all');
  };

  server.addHook('onRoute', (route) => {
    if (![route.method].flat().some((method) => isGuarded(method, route.url))) return;
    route.onRequest = async (request, reply) => {
      const token = bearerTokenOf(request.headers);
      if (token === undefined) {
        return refuse(
          reply,
          'Bearer realm="sluice"',
          'This request needs a bearer token. Send it in a header: Authorization: Bearer TOKEN.',
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
          detail: 'The producer cannot check the token now. Nothing was recorded. Try again.',
        });
      }
      if (isValid) return undefined;
      return refuse(reply, 'Bearer realm="sluice", error="invalid_token"', 'The token is not valid.');
    };
  });
};

const refuse = (reply: FastifyReply, challenge: string, detail: string): FastifyReply =>
  answerProblem(reply.header('www-authenticate', challenge), { status: 401, code: 'unauthorized', detail });
