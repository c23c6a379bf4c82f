import type { RowDataPacket } from 'mysql2/promise';
import type { LedgerConnection } from './connection/connection.ts';

/** What `totals` says, and how many rows there are. They are equal unless something changed the ledger behind its back. */
export type Verification = { readonly total: bigint; readonly rowsCount: bigint };

/** Counts the rows and sums `totals` as of one moment, while recording goes on. Counting reads the whole table: minutes where it is large. */
export const verifyTotals = (ledger: LedgerConnection, deadlineMs: number): Promise<Verification> =>
  ledger.run(async (connection) => {
    await connection.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    await connection.query('START TRANSACTION WITH CONSISTENT SNAPSHOT');
    const [[sum]] = await connection.query<RowDataPacket[]>(
      'SELECT CAST(COALESCE(SUM(rows_count), 0) AS CHAR) AS total FROM totals',
    );
    const [[count]] = await connection.query<RowDataPacket[]>(
      'SELECT CAST(COUNT(*) AS CHAR) AS rowsCount FROM `count`',
    );
    await connection.query('COMMIT');
    return { total: BigInt(String(sum?.['total'])), rowsCount: BigInt(String(count?.['rowsCount'])) };
  }, deadlineMs);
