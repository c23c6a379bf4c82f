import type { IncomingMessage } from 'node:http';
import type { IdempotencyKey } from '@sluice/queue/append/key-records.ts';
import { bearerTokenOf, digestOf } from '../http/bearer-token.ts';
import type { ClientOf } from '../limits/client-address.ts';

type KeyedRequest = {
  readonly headers: { readonly 'idempotency-key'?: string | undefined };
  readonly raw: IncomingMessage;
};

/** Reads the `Idempotency-Key` of a request and its owner. */
export type ReadKey = (request: KeyedRequest) => IdempotencyKey | undefined;

/**
 * Creates the reader of keys. A key belongs to the token of its request. The queue gets only the
 * digest of the token, which also identifies the client. A producer without tokens ignores a token,
 * because it is not checked. Then all clients share one name space, and `clientOf` tells them
 * apart.
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
