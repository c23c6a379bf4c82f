import * as z from 'zod/mini';
import { count } from './count.ts';
import { finding } from './finding.ts';

/** The host that answered, a member of most bodies. */
export const hostname = z.string().with(z.describe('The host that answered.'));

/** The body of `GET /ready`. */
export const readiness = z.object({
  status: z.enum(['ready', 'not ready']),
  queue: z
    .enum(['up', 'full', 'down', 'unsafe'])
    .with(
      z.describe(
        '`full`: it answers but accepts no count now, with or without an `Idempotency-Key`. ' +
          '`unsafe`: it could lose counts; `findings` has the reason.',
      ),
    ),
  ledger: z.enum(['up', 'down']),
  findings: z.array(finding).with(z.describe('Preconditions of Redis and MySQL that do not hold.')),
  hostname,
});

/** The body of `GET /count`. */
export const total = z.object({
  rows_count: z.int().with(z.describe('The number of counts recorded.')),
  latest_value: z
    .int()
    .with(
      z.describe(
        'The count with the highest id, 0 if there is none. Consumers record batches concurrently, and after an outage in ' +
          'any order, so it may not be the last one posted.',
      ),
    ),
  hostname,
});

/** The body of `GET /queue`. */
export const queueState = z.object({
  waiting_batches: z.int().with(z.describe('Batches that are not recorded yet, including those in flight.')),
  oldest_age_ms: z.int().with(z.describe('The age of the oldest of them, 0 if there is none.')),
  in_flight_batches: z.int().with(z.describe('Batches that a consumer has read and not recorded yet.')),
  consumers: z.int().with(z.describe('Consumers that were active in the last 30 s.')),
  dead_letters: z
    .int()
    .with(z.describe('Entries that could not be recorded: they cannot be parsed, or MySQL refuses a row.')),
  paused: z.boolean().with(z.describe('True if an operator has paused the consumers.')),
});

/** The id of a recorded count: any BIGINT UNSIGNED, so pages cover every id that the table can hold. */
export const recordId = z.string().with(z.regex(/^\d{1,20}$/));

/** One row of `GET /counts`. */
export const recordedCount = z.object({
  id: recordId.with(
    z.describe('Its id. Ids increase in the order of insertion, which may differ from the order of the POSTs.'),
  ),
  value: count,
  recorded_at: z
    .nullable(z.iso.datetime())
    .with(
      z.describe(
        'The time of recording in UTC, to the millisecond. `null` if the row has a zero date (`0000-00-00`), which is not a time.',
      ),
    ),
});
