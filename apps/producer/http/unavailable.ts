import { isDefect } from '@sluice/contract/defect.ts';
import type { Warn } from '@sluice/runtime/logging/sample-warnings.ts';
import type { Fault } from './problem-answer.ts';

/** The ledger did not answer in time, or refused. */
const databaseUnavailable: Fault = {
  status: 503,
  code: 'ledger_unavailable',
  detail: 'The database is unavailable. Try again.',
};

/** More pages are asked for than are read in time. */
export const tooManyReads: Fault = {
  status: 503,
  code: 'too_many_reads',
  detail: 'Too many pages are being read. Try again.',
};

/** The queue did not answer in time, or refused. */
export const queueUnavailable: Fault = {
  status: 503,
  code: 'queue_unavailable',
  detail: 'The queue is unavailable. Try again.',
};

/**
 * Answers a read of the ledger that failed as an outage, and logs it. Rethrows a defect ({@link isDefect}): an answer that promises
 * an end of it would be wrong for as long as the defect lasts.
 */
export const faultOfLedgerRead = (error: unknown, warn: Warn): { readonly fault: Fault } => {
  if (isDefect(error)) throw error;
  warn({ err: error }, 'could not read the ledger');
  return { fault: databaseUnavailable };
};
