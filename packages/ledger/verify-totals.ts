import type { RowDataPacket } from 'mysql2/promise';
import type { LedgerConnection } from './connection/connection.ts';

/**
 * The sum of `totals` and the number of rows. They are equal unless something other than Sluice
 * changed the ledger.
 */
export type Verification = { readonly total: bigint; readonly rowsCount: bigint };

/**
 * Counts the rows and sums `totals` in one snapshot, while recording continues. Counting reads the
 * whole table, which takes minutes if it is large.
 */
export const verifyTotals = (ledger: LedgerConnection, deadlineMs: number): Promise<Verification> =>
  verify(ledger, deadlineMs, {
    total: 'SELECT CAST(COALESCE(SUM(rows_count), 0) AS CHAR) AS total FROM totals',
    rows: 'SELECT CAST(COUNT(*) AS CHAR) AS rowsCount FROM `count`',
  });

/** Does the same with a declared table and its part of `table_totals`. */
export const verifyTableTotals = (ledger: LedgerConnection, table: string, deadlineMs: number): Promise<Verification> =>
  verify(ledger, deadlineMs, {
    total: `SELECT CAST(COALESCE(SUM(rows_count), 0) AS CHAR) AS total FROM table_totals WHERE table_name = '${table}'`,
    rows: `SELECT CAST(COUNT(*) AS CHAR) AS rowsCount FROM \`${table}\``,
  });

const verify = (
  ledger: LedgerConnection,
  deadlineMs: number,
  statements: { readonly total: string; readonly rows: string },
): Promise<Verification> =>
  ledger.run(async (connection) => {
    await connection.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    await connection.query('START TRANSACTION WITH CONSISTENT SNAPSHOT');
    const [[sum]] = await connection.query<RowDataPacket[]>(statements.total);
    const [[count]] = await connection.query<RowDataPacket[]>(statements.rows);
    await connection.query('COMMIT');
    return { total: BigInt(String(sum?.['total'])), rowsCount: BigInt(String(count?.['rowsCount'])) };
  }, deadlineMs);
