import type { LedgerConnection } from '@sluice/ledger/connection/connection.ts';
import { verifyTableTotals, verifyTotals, type Verification } from '@sluice/ledger/verify-totals.ts';
import type { Terminal } from './command.ts';

// It reads the whole table.
const verifyWithinMs = 3_600_000;

/**
 * Runs `verify` on counts and the rows of all tables. Resolves to the exit code: 1 if totals differ
 * from the number of rows, or a table cannot be read.
 */
export const runVerifyCommand = async (
  ledger: LedgerConnection,
  tables: readonly string[],
  { say, warn }: Terminal,
): Promise<number> => {
  const isRight = ({ total, rowsCount }: Verification, ofTable: string): boolean => {
    say(`totals  ${total}${ofTable}`);
    say(`rows    ${rowsCount}${ofTable}`);
    if (total === rowsCount) return true;
    warn(
      `The totals${ofTable} are off by ${total - rowsCount}: something other than Sluice changed the database. See docs/runbook.md.`,
    );
    return false;
  };
  let areRight = isRight(await verifyTotals(ledger, verifyWithinMs), tables.length > 0 ? ' of counts' : '');
  for (const table of tables) {
    try {
      if (!isRight(await verifyTableTotals(ledger, table, verifyWithinMs), ` of ${table}`)) areRight = false;
    } catch (error) {
      // A table that is missing must not hide the others.
      warn(`Not verified: ${table}. ${error instanceof Error ? error.message : String(error)}`);
      areRight = false;
    }
  }
  return areRight ? 0 : 1;
};
