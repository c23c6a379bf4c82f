import * as z from 'zod/mini';
import { recordId } from './bodies.ts';
import { problem } from './problem.ts';

// The parts that the routes of counts and those of tables share.

/** The headers of a POST. */
export const idempotencyHeaders = z.object({
  'idempotency-key': z
    .optional(z.string().with(z.regex(/^[\x21-\x7e]{1,255}$/)))
    .with(
      z.describe(
        'Makes the request safe to repeat for 24 h: the same key with the same counts or rows is recorded once. A key belongs to its ' +
          'bearer token. If the producer has no tokens, all clients share the keys. 1 to 255 printable ASCII characters ' +
          'without spaces, for example a UUID.',
      ),
    ),
});

/** The problems of a POST. */
export const refusals = {
  400: { description: 'The request is invalid for this route.', body: problem },
  401: { description: 'The bearer token is missing or wrong.', body: problem },
  408: { description: 'The request did not arrive completely in time.', body: problem },
  413: { description: 'The body is larger than this route accepts, or arrived in too many parts.', body: problem },
  415: { description: 'This route does not accept the content type.', body: problem },
  422: { description: 'The idempotency key was used before with other counts or rows.', body: problem },
  429: {
    description: 'This client has used its share of idempotency keys. Requests without a key still work.',
    body: problem,
  },
  503: {
    description:
      'The queue is unavailable, full or unsafe, or holds its maximum of idempotency keys; or the producer cannot check the token, or ' +
      'is busy. The counts or rows are recorded once or never.',
    body: problem,
  },
} as const;

/** The problem of a read without a token. */
export const readUnauthorized = {
  description: 'The producer guards reads, and the bearer token is missing or wrong.',
  body: problem,
} as const;

export const tokensUnavailable = 'or the producer guards reads and cannot check the token now';

/** The problem of a read while there is no database. */
export const databaseUnavailable = {
  description: `The database is unavailable or too many reads wait for it, ${tokensUnavailable}.`,
  body: problem,
} as const;

/** The problem of a read of a declared table. */
export const tableUnavailable = {
  description: `The database is unavailable or too many reads wait for it; MySQL does not have the table, or another one; ${tokensUnavailable}.`,
  body: problem,
} as const;

/** The problem of a read of the queue that does not answer. */
export const queueUnavailable = {
  description: `The queue is unavailable, ${tokensUnavailable}.`,
  body: problem,
} as const;

/** The query of a page, of counts or of rows. */
export const pageQuery = z.strictObject({
  limit: z
    .prefault(z.string().with(z.regex(/^(?:[1-9]\d{0,2}|1000)$/)), '100')
    .with(z.describe('The number of counts or rows, 1 to 1000.')),
  before: z.optional(recordId).with(z.describe('Only ids below this one; the `next` of the page before.')),
  after: z
    .optional(recordId)
    .with(
      z.describe(
        'Only ids above this one, in ascending order. Not with `before`. Start with `0`, then send the `next` of ' +
          'each answer. A page is empty if nothing newer is recorded and final: send the same `after` again later. No row is skipped: ' +
          'a page ends before a gap in the ids while a transaction may still fill it, for at most 60 s.',
      ),
    ),
});

/** The member `next` of a page. */
export const pageNext = z
  .nullable(z.string())
  .with(z.describe('The `before` of the next page, null on the last one. With `after`: the next `after`.'));
