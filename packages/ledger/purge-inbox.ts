import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import type { LedgerConnection } from './connection/connection.ts';

/**
 * Removes up to `maxRows` expired batch ids, the oldest first, and returns how many it removed.
 * Fewer than `maxRows` means that none are left, unless another purge ran at the same time.
 *
 * It reads the ids without locks and deletes them by primary key, so it locks only the deleted
 * rows. A locking read along `expires_at` would also lock the entry after the last one, and wait
 * for a consumer that is recording it. The DELETE checks the time again, because an id may be
 * removed and inserted again in between.
 */
export const purgeInbox = (ledger: LedgerConnection, maxRows: number, deadlineMs: number): Promise<number> =>
  ledger.run(async (connection) => {
    const [expired] = await connection.query<RowDataPacket[]>(
      `SELECT batch_id AS batchId FROM inbox FORCE INDEX (expires_at)
        WHERE expires_at <= CURRENT_TIMESTAMP ORDER BY expires_at LIMIT ?`,
      [maxRows],
    );
    if (expired.length === 0) return 0;
    const [{ affectedRows }] = await connection.query<ResultSetHeader>(
      // MySQL accepts an index hint only in a multi-table DELETE. Without the hint, MySQL might
      // scan a small inbox.
      'DELETE inbox FROM inbox FORCE INDEX (PRIMARY) WHERE batch_id IN (?) AND expires_at <= CURRENT_TIMESTAMP',
      [expired.map((row): unknown => row['batchId'])],
    );
    return affectedRows;
  }, deadlineMs);
