import type { IncomingMessage } from 'node:http';
import type { IdempotencyKey } from '@sluice/queue/append/key-records.ts';
import { bearerTokenOf, digestOf } from '../http/bearer-token.ts';
import type { ClientOf } from '../limits/client-address.ts';

type KeyedRequest = {
  readonly headers: { readonly 'idempotency-key'?: string | undefined };
  readonly raw: IncomingMessage;
};

/** Reads the `Idempotency-Key` of a request and whose it is. */
export type ReadKey = (request: KeyedRequest) => IdempotencyKey | undefined;

/**
 * Makes what reads keys. A key belongs to the token that the request was let in with, of which only the digest is handed
 * on; the digest stands for the client too. Where the producer has no tokens, one that comes all the same was not checked
 * and counts for nothing: all clients share one name space, and `clientOf` tells them apart.
 */
export const createKeyReader =
  (clientOf: ClientOf, hasTokens: boolean): ReadKey =>
  ({ headers, raw }) => {
    const key = headers['idempotency-key'];
    if (key === undefined) return undefined;
    const token = hasTokens ? bearerTokenOf(raw.headers) : undefined;
    if (token === undefined) return { key, space: '', client: clientOf(raw) };
    const digest = digestOf(token).toString('hex');
    return { key, space: digest, client: digest };
  };
