import type { PoolConnection, RowDataPacket } from 'mysql2/promise';
import type { LedgerConnection } from './connection/connection.ts';

/** What is recorded together: counts under the id that makes recording them again do nothing. Both are checked before they come here. */
type Batch = {
  readonly batchId: string;
  /** Integers in decimal, joined by commas, and how many they are. */
  readonly list: string;
  readonly size: number;
  /** Whether its id comes from an idempotency key, and may come again for a day. */
  readonly isKeyed: boolean;
};

type RecordSettings = {
  /** The row of `totals` to add to, 0 to 15; who adds to the same one waits for the other's commit. */
  readonly slot: number;
  /** How long a batch id is kept, and a batch delivered again is known by it; that of a keyed batch 48 hours at least. */
  readonly inboxHours: number;
  readonly deadlineMs: number;
};

/** How many counts were recorded now, and how many batches had been before. */
export type Recorded = { readonly rows: number; readonly knownBatches: number };

const duplicateEntry = 1062;
// A key is promised to hold for 24 hours, and a batch may have waited in the queue for as long again.
const leastKeyedHours = 48;

/**
 * Records batches in one transaction: ids into `inbox`, counts into `count`, their number into `totals`. A batch whose id is
 * in `inbox` was recorded before and is skipped. Any error leaves nothing recorded, with one exception: a connection lost
 * after COMMIT was sent may have recorded everything. Calling again with the same batches is right in each case.
 */
export const recordBatches = async (
  ledger: LedgerConnection,
  batches: readonly Batch[],
  settings: RecordSettings,
): Promise<Recorded> =>
  ledger.run(async (connection) => {
    // Sorted, so that two consumers with the same batches take the locks in the same order.
    let unknown = [...new Map(batches.map((batch) => [batch.batchId, batch])).values()].toSorted((a, b) =>
      a.batchId < b.batchId ? -1 : 1,
    );
    while (unknown.length > 0) {
      try {
        const rows = unknown.reduce((sum, { size }) => sum + size, 0);
        // Without null mysql2 looks for placeholders in all of the text.
        // oxlint-disable-next-line no-await-in-loop -- tried again only after a duplicate
        await connection.query(transaction(unknown, rows, settings), null);
        return { rows, knownBatches: batches.length - unknown.length };
      } catch (error) {
        if (!isDuplicateEntry(error)) throw error;
        // oxlint-disable-next-line no-await-in-loop -- as above
        await connection.query('ROLLBACK');
        // oxlint-disable-next-line no-await-in-loop -- as above
        const known = await findKnown(connection, unknown);
        // A duplicate that the inbox does not explain is the database's fault, not a batch recorded before.
        if (known.size === 0) throw error;
        unknown = unknown.filter(({ batchId }) => !known.has(batchId));
      }
    }
    return { rows: 0, knownBatches: batches.length };
  }, settings.deadlineMs);

/** One text, so one round trip. The server stops at the first statement that fails, so COMMIT is reached only by all of them. */
const transaction = (batches: readonly Batch[], rows: number, { slot, inboxHours }: RecordSettings): string => {
  const keyedHours = Math.max(leastKeyedHours, inboxHours);
  const ids = batches.map(
    ({ batchId, isKeyed }) => `(x'${batchId}', CURRENT_TIMESTAMP + INTERVAL ${isKeyed ? keyedHours : inboxHours} HOUR)`,
  );
  const counts = batches.map(({ list }) => `(${list.replaceAll(',', '),(')})`);
  return [
    'START TRANSACTION',
    `INSERT INTO inbox (batch_id, expires_at) VALUES ${ids.join(',')}`,
    `INSERT INTO \`count\` (count_value) VALUES ${counts.join(',')}`,
    `INSERT INTO totals (slot, rows_count) VALUES (${slot}, ${rows}) ON DUPLICATE KEY UPDATE rows_count = rows_count + ${rows}`,
    'COMMIT',
  ].join('; ');
};

const findKnown = async (connection: PoolConnection, batches: readonly Batch[]): Promise<Set<string>> => {
  const ids = batches.map(({ batchId }) => `x'${batchId}'`);
  const [found] = await connection.query<RowDataPacket[]>(
    `SELECT LOWER(HEX(batch_id)) AS batchId FROM inbox WHERE batch_id IN (${ids.join(',')})`,
  );
  return new Set(found.map((row) => String(row['batchId'])));
};

const isDuplicateEntry = (error: unknown): boolean =>
  error instanceof Error && 'errno' in error && error.errno === duplicateEntry;
