import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import type { LedgerConnection } from './connection/connection.ts';

/**
 * Removes up to `maxRows` batch ids whose time is over, the oldest first; answers with how many it removed. Fewer than `maxRows`
 * means that it is done for now, unless another purged at the same time.
 *
 * They are looked up without locks and then deleted by primary key, so that nothing is locked but what goes: a locking
 * read along `expires_at` would also lock the entry behind the last one, and wait for a consumer that is just recording it. The
 * time is checked again, because an id may have gone and come back between the two.
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
      // The form with two tables, because the other one takes no hint in MySQL; without it a small inbox might be scanned.
      'DELETE inbox FROM inbox FORCE INDEX (PRIMARY) WHERE batch_id IN (?) AND expires_at <= CURRENT_TIMESTAMP',
      [expired.map((row): unknown => row['batchId'])],
    );
    return affectedRows;
  }, deadlineMs);
