import type { Fault } from './problem-answer.ts';

/** The ledger did not answer, or not in time. */
export const ledgerAway: Fault = {
  status: 503,
  code: 'ledger_unavailable',
  detail: 'The ledger did not answer in time. Try again.',
};

/** More pages are asked for than are read in time. */
export const tooManyReads: Fault = {
  status: 503,
  code: 'too_many_reads',
  detail: 'Too many pages are being read. Try again.',
};

/** The queue did not answer a question, or not in time. */
export const queueAway: Fault = {
  status: 503,
  code: 'queue_unavailable',
  detail: 'The queue did not answer in time. Try again.',
};
