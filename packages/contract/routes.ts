import * as z from 'zod';
import { count } from './count.ts';
import { problem } from './problem.ts';

/** One route: what it takes and every answer that it gives. Its schemas are at once types, checks and documentation. */
type Route = {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly summary: string;
  readonly body?: z.ZodType;
  readonly answers: Readonly<Record<number, { readonly description: string; readonly body?: z.ZodType }>>;
};

const hostname = z.string().meta({ description: 'The host that answered.' });
const upOrDown = z.enum(['up', 'down']);

const readiness = z.object({
  status: z.enum(['ready', 'not ready']),
  queue: upOrDown,
  ledger: upOrDown,
  hostname,
});

const refusals = {
  400: { description: 'The body is not JSON, or not what this route takes.', body: problem },
  413: { description: 'The body is larger than 1 MiB.', body: problem },
  415: { description: 'The content type is not application/json.', body: problem },
};

/** The HTTP contract of the producer. */
export const routes = {
  root: {
    method: 'GET',
    path: '/',
    summary: 'An empty answer, to see that something listens',
    answers: { 200: { description: 'Empty.' } },
  },
  health: {
    method: 'GET',
    path: '/health',
    summary: 'Whether this process is well; it stays 200 while the queue or the ledger is away',
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
    summary: 'Whether the queue takes counts',
    answers: {
      200: { description: 'The queue takes counts.', body: readiness },
      503: { description: 'The queue takes no counts.', body: readiness },
    },
  },
  postCount: {
    method: 'POST',
    path: '/count',
    summary: 'Put one count into the queue',
    body: z.strictObject({ count }),
    answers: {
      201: {
        description: 'The queue holds the count; it will be recorded exactly once.',
        body: z.object({ message: z.string(), value: count, hostname }),
      },
      ...refusals,
      503: {
        description: 'The queue is away or full. The count may or may not be recorded, never twice.',
        body: problem,
      },
    },
  },
  getCount: {
    method: 'GET',
    path: '/count',
    summary: 'How many counts are recorded, and the one with the highest id',
    answers: {
      200: {
        description: 'What was recorded when the request arrived, or later.',
        body: z.object({
          rows_count: z.int().meta({ description: 'The number of counts recorded.' }),
          latest_value: z.int().meta({ description: 'The count with the highest id, 0 when there is none.' }),
          hostname,
        }),
      },
      503: { description: 'The ledger is away.', body: problem },
    },
  },
} as const satisfies Record<string, Route>;
