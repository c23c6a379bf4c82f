import { routes } from '@sluice/contract/routes.ts';
import { rowsAccepted, tablePathsOf } from '@sluice/contract/table-bodies.ts';
import type * as z from 'zod/mini';
import { askWhenReached, type Outcome } from './ask.ts';
import { authorizationOf } from './authorization.ts';

const acknowledgement = routes.postCount.answers[201].body;
const acceptance = routes.postCounts.answers[201].body;

/** The options of a POST besides its counts. */
export type PostOptions = {
  /**
   * The idempotency key. All attempts to send the same counts share it, so they are recorded once.
   */
  readonly key: string;
  /** The bearer token, `''` for none. */
  readonly token: string;
};

/** Adds one count to the queue. */
export const postCount = (count: number, options: PostOptions): Promise<Outcome<z.infer<typeof acknowledgement>>> =>
  askWhenReached({
    path: routes.postCount.path,
    body: acknowledgement,
    init: post(JSON.stringify({ count }), options),
  });

/** Adds many counts to the queue, all or none. */
export const postCounts = (
  counts: readonly number[],
  options: PostOptions,
): Promise<Outcome<z.infer<typeof acceptance>>> =>
  askWhenReached({ path: routes.postCounts.path, body: acceptance, init: post(JSON.stringify({ counts }), options) });

/** Adds one row of a table to the queue. `row` is its JSON text. */
export const postRow = (
  table: string,
  row: string,
  options: PostOptions,
): Promise<Outcome<z.infer<typeof rowsAccepted>>> =>
  askWhenReached({ path: tablePathsOf(table).rows, body: rowsAccepted, init: post(row, options) });

/**
 * Creates an idempotency key: 128 random bits. `crypto.randomUUID` exists only on pages that came
 * over TLS or from localhost.
 */
export const createKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

const post = (body: string, { key, token }: PostOptions): RequestInit => ({
  method: 'POST',
  headers: {
    'content-type': 'application/json',
    'idempotency-key': key,
    ...authorizationOf(token),
  },
  body,
});
