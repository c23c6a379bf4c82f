import * as z from 'zod/mini';

/** The media type of every error body. */
export const problemMediaType = 'application/problem+json';

/**
 * The body of every error, as RFC 9457 defines it. `type` is always `about:blank`, so `title` is
 * the phrase of the status. Programs distinguish problems by `code`.
 */
export const problem = z.object({
  type: z.literal('about:blank'),
  title: z.string().with(z.describe('The reason phrase of the status.')),
  status: z.int(),
  code: z
    .enum([
      'invalid_request',
      'invalid_json',
      'unauthorized',
      'not_found',
      'method_not_allowed',
      'host_not_allowed',
      'request_timeout',
      'body_too_large',
      'unsupported_media_type',
      'idempotency_key_reused',
      'idempotency_quota_exceeded',
      'idempotency_keys_full',
      'headers_too_large',
      'internal_error',
      'queue_unavailable',
      'queue_full',
      'queue_unsafe',
      'ledger_unavailable',
      'table_missing',
      'table_differs',
      'tokens_unavailable',
      'too_many_listeners',
      'too_many_reads',
      'server_busy',
    ])
    .with(z.describe('Stable, for programs.')),
  detail: z.string().with(z.describe('The problem and the fix.')),
  errors: z
    .optional(z.array(z.object({ pointer: z.string(), detail: z.string() })))
    .with(
      z.describe(
        'The place of the error: `#/counts/3`, a JSON pointer (RFC 6901) into the body in fragment form; `line:3` of an NDJSON body; ' +
          '`header:Idempotency-Key`; `query:limit`.',
      ),
    ),
});

/** The body of an error. */
export type Problem = z.infer<typeof problem>;

/** The stable name of a problem. */
export type ProblemCode = Problem['code'];
