import type { RowDataPacket } from 'mysql2/promise';
import type { LedgerConnection } from './connection/connection.ts';

/** How many counts are recorded, and the one with the highest id (0 when there is none). */
export type Total = { readonly rowsCount: number; readonly latestValue: number };

/** Reads both in one statement: a handful of rows of `totals` and one of `count`, whatever the size of the ledger. */
export const readTotal = (ledger: LedgerConnection, deadlineMs: number): Promise<Total> =>
  ledger.run(async (connection) => {
    const [[row]] = await connection.query<RowDataPacket[]>(
      `SELECT (SELECT COALESCE(SUM(rows_count), 0) FROM totals) AS rowsCount,
              (SELECT count_value FROM \`count\` ORDER BY id DESC LIMIT 1) AS latestValue`,
    );
    // SUM() is a DECIMAL, which arrives as a string.
    return { rowsCount: Number(row?.['rowsCount']), latestValue: Number(row?.['latestValue'] ?? 0) };
  }, deadlineMs);
