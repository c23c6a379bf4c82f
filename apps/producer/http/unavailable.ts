import { isDefect } from '@sluice/contract/defect.ts';
import { TableUnavailableError } from '@sluice/ledger/rows/read-declared.ts';
import type { Warn } from '@sluice/runtime/logging/sample-warnings.ts';
import type { ProblemContent } from './problem-answer.ts';

/** The problem when the database does not answer in time, or refuses. */
const databaseUnavailable: ProblemContent = {
  status: 503,
  code: 'ledger_unavailable',
  detail: 'The database is unavailable. Try again.',
};

/** The problem when clients request more pages than can be read in time. */
export const tooManyReads: ProblemContent = {
  status: 503,
  code: 'too_many_reads',
  detail: 'Too many reads wait for the database. Try again.',
};

/** The problem when the queue does not answer in time, or refuses. */
export const queueUnavailable: ProblemContent = {
  status: 503,
  code: 'queue_unavailable',
  detail: 'The queue is unavailable. Try again.',
};

/**
 * Logs a failed read of the database and returns it as an outage, with the reason if it is known.
 * Rethrows a defect ({@link isDefect}): a retry would not help while the defect lasts.
 */
export const problemOfLedgerRead = (error: unknown, warn: Warn): { readonly problem: ProblemContent } => {
  if (isDefect(error)) throw error;
  warn({ err: error }, 'could not read the database');
  return { problem: error instanceof TableUnavailableError ? tableUnavailable(error) : databaseUnavailable };
};

const tableUnavailable = ({ table, finding }: TableUnavailableError): ProblemContent => {
  if (finding === undefined) {
    const detail = `MySQL did not read the table ${table} in time. It is locked or busy, or MySQL is unavailable. Try again.`;
    return { ...databaseUnavailable, detail };
  }
  const code = finding.code === 'table_missing' ? 'table_missing' : 'table_differs';
  return { status: 503, code, detail: finding.detail };
};
