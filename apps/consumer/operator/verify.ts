import type { LedgerConnection } from '@sluice/ledger/connection/connection.ts';
import { verifyTotals } from '@sluice/ledger/verify-totals.ts';
import type { Terminal } from './command.ts';

// It reads the whole table.
const verifyWithinMs = 3_600_000;

/** Runs `verify`. Resolves to the exit code: 1 if the totals differ from the number of rows. */
export const runVerifyCommand = async (ledger: LedgerConnection, { say, warn }: Terminal): Promise<number> => {
  const { total, rowsCount } = await verifyTotals(ledger, verifyWithinMs);
  say(`totals  ${total}`);
  say(`rows    ${rowsCount}`);
  if (total === rowsCount) return 0;
  warn(
    `The totals are off by ${total - rowsCount}: something other than Sluice changed the database. See docs/runbook.md.`,
  );
  return 1;
};
