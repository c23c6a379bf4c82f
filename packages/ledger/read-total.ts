import type { RowDataPacket } from 'mysql2/promise';
import type { LedgerConnection } from './connection/connection.ts';

/** The number of recorded counts, and the count with the highest id (0 if there is none). */
export type Total = { readonly rowsCount: number; readonly latestValue: number };

/**
 * Reads both in one statement: a few rows of `totals` and one of `count`, regardless of the
 * ledger's size.
 */
export const readTotal = (ledger: LedgerConnection, deadlineMs: number): Promise<Total> =>
  ledger.run(async (connection) => {
    const [[row]] = await connection.query<RowDataPacket[]>(
      `SELECT (SELECT COALESCE(SUM(rows_count), 0) FROM totals) AS rowsCount,
              (SELECT count_value FROM \`count\` ORDER BY id DESC LIMIT 1) AS latestValue`,
    );
    // SUM() is a DECIMAL, which arrives as a string.
    return { rowsCount: Number(row?.['rowsCount']), latestValue: Number(row?.['latestValue'] ?? 0) };
  }, deadlineMs);
