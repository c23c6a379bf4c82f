import type { BatchIdentity, EncodedBatch } from '@sluice/contract/entry.ts';
import type { PoolConnection, RowDataPacket } from 'mysql2/promise';
import type { LedgerConnection } from './connection/connection.ts';

/** The settings of a recording transaction. */
export type RecordSettings = {
  /**
   * The row of `totals` to add to, 0 to 15. Transactions on the same row wait for each other's
   * commit.
   */
  readonly shard: number;
  /**
   * The number of hours that a batch id is kept, at least 48 for a keyed batch. Meanwhile the
   * ledger skips duplicates of the batch.
   */
  readonly inboxHours: number;
  readonly deadlineMs: number;
};

/** The number of counts or rows recorded now, and of batches recorded before. */
export type Recorded = { readonly rows: number; readonly duplicates: number };

const duplicateEntry = 1062;
// A key is valid for 24 hours, and its batch may have waited in the queue for another 24.
const minKeyedHours = 48;

/**
 * Records batches of counts in one transaction: ids into `inbox`, counts into `count`, their number
 * into `totals`. Skips a batch whose id is in `inbox`: it was recorded before.
 *
 * After an error nothing is recorded, with one exception: if the connection is lost after COMMIT
 * was sent, everything may be recorded. It is always safe to call again with the same batches.
 */
export const recordBatches = async (
  ledger: LedgerConnection,
  batches: readonly EncodedBatch[],
  settings: RecordSettings,
): Promise<Recorded> => {
  const { rows, duplicates } = await recordNewBatches(ledger, batches, settings, (remaining) =>
    countStatements(remaining, settings),
  );
  return { rows, duplicates };
};

/**
 * Records batches in one transaction: their ids, and what `statementsOf` returns for those that
 * were not recorded before. Returns the ids of the others, too.
 */
export const recordNewBatches = <Batch extends BatchIdentity & { readonly size: number }>(
  ledger: LedgerConnection,
  batches: readonly Batch[],
  settings: RecordSettings,
  statementsOf: (remaining: readonly Batch[]) => readonly string[],
): Promise<Recorded & { readonly duplicateIds: readonly string[] }> =>
  ledger.run(async (connection) => {
    // Sorted, so that two consumers with the same batches take the locks in the same order.
    let remaining = [...new Map(batches.map((batch) => [batch.batchId, batch])).values()].toSorted((a, b) =>
      a.batchId < b.batchId ? -1 : 1,
    );
    const duplicateIds: string[] = [];
    while (remaining.length > 0) {
      try {
        const rows = remaining.reduce((sum, { size }) => sum + size, 0);
        // `null` stops mysql2 from searching the whole text for placeholders.
        await connection.query(transactionOf(remaining, statementsOf(remaining), settings), null);
        return { rows, duplicates: batches.length - remaining.length, duplicateIds };
      } catch (error) {
        if (!isDuplicateEntry(error)) throw error;
        await connection.query('ROLLBACK');
        const recorded = await findRecorded(connection, remaining);
        // A duplicate that is not in `inbox` is an error of the database, not a batch recorded
        // before.
        if (recorded.size === 0) throw error;
        remaining = remaining.filter(({ batchId }) => !recorded.has(batchId));
        duplicateIds.push(...recorded);
      }
    }
    return { rows: 0, duplicates: batches.length, duplicateIds };
  }, settings.deadlineMs);

/**
 * Returns the transaction as one text, for one round trip. The server stops at the first statement
 * that fails, so COMMIT runs only if all others succeed.
 */
export const transactionOf = (
  batches: readonly BatchIdentity[],
  statements: readonly string[],
  { inboxHours }: RecordSettings,
): string => {
  const keyedHours = Math.max(minKeyedHours, inboxHours);
  const ids = batches.map(
    ({ batchId, isKeyed }) => `(x'${batchId}', CURRENT_TIMESTAMP + INTERVAL ${isKeyed ? keyedHours : inboxHours} HOUR)`,
  );
  return [
    'START TRANSACTION',
    `INSERT INTO inbox (batch_id, expires_at) VALUES ${ids.join(',')}`,
    ...statements,
    'COMMIT',
  ].join('; ');
};

const countStatements = (batches: readonly EncodedBatch[], { shard }: RecordSettings): string[] => {
  const counts = batches.map(({ list }) => `(${list.replaceAll(',', '),(')})`);
  const rows = batches.reduce((sum, { size }) => sum + size, 0);
  return [
    `INSERT INTO \`count\` (count_value) VALUES ${counts.join(',')}`,
    `INSERT INTO totals (slot, rows_count) VALUES (${shard}, ${rows}) ON DUPLICATE KEY UPDATE rows_count = rows_count + ${rows}`,
  ];
};

/** Returns the ids of those batches that are in `inbox`. */
export const findRecorded = async (
  connection: PoolConnection,
  batches: readonly BatchIdentity[],
): Promise<Set<string>> => {
  const ids = batches.map(({ batchId }) => `x'${batchId}'`);
  const [found] = await connection.query<RowDataPacket[]>(
    `SELECT LOWER(HEX(batch_id)) AS batchId FROM inbox WHERE batch_id IN (${ids.join(',')})`,
  );
  return new Set(found.map((row) => String(row['batchId'])));
};

/** True for the error of an id, or another key, that exists already. */
export const isDuplicateEntry = (error: unknown): boolean =>
  error instanceof Error && 'errno' in error && error.errno === duplicateEntry;
