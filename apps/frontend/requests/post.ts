import { routes } from '@sluice/contract/routes.ts';
import type * as z from 'zod';
import { askWhenReached, type Outcome } from './ask.ts';
import { authorizationOf } from './authorization.ts';

const acknowledgement = routes.postCount.answers[201].body;
const acceptance = routes.postCounts.answers[201].body;

/** What makes a request of a POST apart from its counts. */
export type PostOptions = {
  /** Of the same counts in every attempt: whatever the first came to, they are recorded once. */
  readonly key: string;
  /** A bearer token, `''` where none is needed. */
  readonly token: string;
};

/** Puts one count into the queue. */
export const postCount = (count: number, options: PostOptions): Promise<Outcome<z.infer<typeof acknowledgement>>> =>
  askWhenReached({ path: routes.postCount.path, body: acknowledgement, init: post({ count }, options) });

/** Puts many into the queue, all or none. */
export const postCounts = (
  counts: readonly number[],
  options: PostOptions,
): Promise<Outcome<z.infer<typeof acceptance>>> =>
  askWhenReached({ path: routes.postCounts.path, body: acceptance, init: post({ counts }, options) });

/** A new idempotency key: 128 random bits. `crypto.randomUUID` is for pages that came over TLS or from localhost. */
export const createKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

const post = (body: object, { key, token }: PostOptions): RequestInit => ({
  method: 'POST',
  headers: {
    'content-type': 'application/json',
    'idempotency-key': key,
    ...authorizationOf(token),
  },
  body: JSON.stringify(body),
});
