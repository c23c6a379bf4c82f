import * as z from 'zod/mini';
import { hostname, queueState, readiness, recordedCount, total } from './bodies.ts';
import { count } from './count.ts';
import { finding } from './finding.ts';
import { problem } from './problem.ts';
import {
  idempotencyHeaders,
  refusals,
  readUnauthorized,
  tokensUnavailable,
  databaseUnavailable,
  queueUnavailable,
  pageQuery,
  pageNext,
} from './route-parts.ts';

/** The description of one answer of a route. */
type Answer = {
  readonly description: string;
  /**
   * The schema of a JSON body, or of the data in a body of another `mediaType`. Without it the body
   * is empty.
   */
  readonly body?: z.ZodMiniType;
  /** The media type, unless it is JSON (or, for errors, a problem document). */
  readonly mediaType?: string;
};

/** The requests that require a bearer token: writes only, or reads of data too. */
export type TokensFor = 'writes' | 'all';

/**
 * The description of one route: its inputs and all its answers. Its schemas are types, checks and
 * documentation at once.
 */
export type Route = {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly summary: string;
  readonly query?: z.ZodMiniObject;
  readonly headers?: z.ZodMiniObject;
  readonly body?: z.ZodMiniType;
  /** The schema of each line, if the body may also be NDJSON. */
  readonly line?: z.ZodMiniType;
  /**
   * The minimum `API_TOKENS_FOR` with which the route needs a token, if the producer has tokens:
   * `writes` guards writes, `all` guards reads of data too. Routes without it never need a token.
   */
  readonly needsToken?: TokensFor;
  /** Maximum body size in bytes, if it is not {@link maxBodyBytes}. */
  readonly maxBodyBytes?: number;
  /** True if the handler checks the body, and not the server by the schema. */
  readonly isBodyChecked?: boolean;
  readonly answers: Readonly<Record<number, Answer>>;
};

/** Maximum number of counts in one request. */
export const maxCountsPerRequest = 10_000;

/** Maximum body size of a request, in bytes. */
export const maxBodyBytes = 1_048_576;

/** The media type of NDJSON: one integer, or one row, a line. */
export const ndjsonMediaType = 'application/x-ndjson';

/** The HTTP contract of the producer. */
export const routes = {
  root: {
    method: 'GET',
    path: '/',
    summary: 'Returns an empty 200 response',
    answers: { 200: { description: 'Empty.' } },
  },
  health: {
    method: 'GET',
    path: '/health',
    summary: 'Liveness: 200 while this process runs, even if the queue or the database is unavailable',
    answers: {
      200: {
        description: 'The process answers.',
        body: z.object({ status: z.literal('healthy'), message: z.string(), hostname }),
      },
    },
  },
  ready: {
    method: 'GET',
    path: '/ready',
    summary: 'Readiness: 200 if the queue accepts counts; 503 if it is full, unsafe or unavailable',
    answers: {
      200: { description: 'The queue accepts counts.', body: readiness },
      503: { description: 'The queue is full, unsafe or unavailable.', body: readiness },
    },
  },
  postCount: {
    method: 'POST',
    path: '/count',
    summary: 'Adds one count to the queue',
    headers: idempotencyHeaders,
    body: z.strictObject({ count }),
    maxBodyBytes: 4_096,
    needsToken: 'writes',
    answers: {
      201: {
        description: 'The queue holds the count; it will be recorded exactly once.',
        body: z.object({ message: z.string(), value: count, hostname }),
      },
      ...refusals,
    },
  },
  postCounts: {
    method: 'POST',
    path: '/counts',
    summary: 'Adds up to 10,000 counts to the queue, all or none, as JSON or NDJSON (one integer per line)',
    headers: idempotencyHeaders,
    body: z.strictObject({ counts: z.array(count).with(z.minLength(1), z.maxLength(maxCountsPerRequest)) }),
    line: count,
    needsToken: 'writes',
    answers: {
      201: {
        description: 'The queue holds the counts; each will be recorded exactly once.',
        body: z.object({ message: z.string(), accepted: z.int(), hostname }),
      },
      ...refusals,
    },
  },
  getCount: {
    method: 'GET',
    path: '/count',
    summary: 'Returns the number of recorded counts, and the count with the highest id',
    needsToken: 'all',
    answers: {
      200: { description: 'The total when the request arrived, or later.', body: total },
      401: readUnauthorized,
      503: databaseUnavailable,
    },
  },
  getCounts: {
    method: 'GET',
    path: '/counts',
    summary: 'Returns pages of recorded counts, highest ids first; ascending with `after`, to follow them',
    needsToken: 'all',
    query: pageQuery,
    answers: {
      200: {
        description: 'A page.',
        body: z.object({
          counts: z.array(recordedCount),
          next: pageNext,
        }),
      },
      400: { description: 'The query is invalid for this route.', body: problem },
      401: readUnauthorized,
      503: databaseUnavailable,
    },
  },
  getTables: {
    method: 'GET',
    path: '/tables',
    summary: 'Returns the tables that take rows, each with the JSON Schema of a row',
    needsToken: 'all',
    answers: {
      200: {
        description: 'The declared tables. `count` is not among them.',
        body: z.object({
          tables: z.array(
            z.object({
              table: z.string(),
              columns: z.array(
                z.object({
                  name: z.string(),
                  type: z.string().with(z.describe('The type of the column in MySQL.')),
                  optional: z.boolean().with(z.describe('True if a row may leave it out. It is then NULL.')),
                }),
              ),
              schema: z.looseObject({}).with(z.describe('The JSON Schema (2020-12) of a row.')),
            }),
          ),
        }),
      },
      401: readUnauthorized,
    },
  },
  getQueue: {
    method: 'GET',
    path: '/queue',
    summary: 'Returns the state of the queue',
    needsToken: 'all',
    answers: {
      200: { description: 'The state of all partitions together.', body: queueState },
      401: readUnauthorized,
      503: queueUnavailable,
    },
  },
  getEvents: {
    method: 'GET',
    path: '/events',
    summary: 'Streams the state of the queue and the database as server-sent events, one per second',
    needsToken: 'all',
    answers: {
      200: {
        description: 'Events without a name. The data of each is this object, with `null` for an unavailable part.',
        body: z.object({
          monotonic_ms: z
            .int()
            .with(
              z.describe(
                'The time of the read in ms, by a monotonic clock of the producer. To compute a rate, use the ' +
                  'difference of two events of one stream, however late they arrive. Two streams may come from two producers, ' +
                  'whose clocks cannot be compared.',
              ),
            ),
          count: z.nullable(total),
          queue: z.nullable(queueState),
          findings: z.array(finding).with(z.describe('Preconditions of Redis and MySQL that do not hold.')),
        }),
        mediaType: 'text/event-stream',
      },
      401: readUnauthorized,
      503: {
        description: `The producer has 500 listeners, its maximum, and no client has more than this one, ${tokensUnavailable}.`,
        body: problem,
      },
    },
  },
  getOpenapi: {
    method: 'GET',
    path: '/openapi.json',
    summary: 'Returns this API as an OpenAPI 3.1 document',
    answers: { 200: { description: 'The document.', body: z.looseObject({ openapi: z.string() }) } },
  },
  getDocs: {
    method: 'GET',
    path: '/docs',
    summary: 'Serves a page to read and try this API',
    answers: { 200: { description: 'The page.', body: z.string(), mediaType: 'text/html' } },
  },
} as const satisfies Record<string, Route>;
