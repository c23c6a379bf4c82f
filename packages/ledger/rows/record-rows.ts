import type { EncodedRows } from '@sluice/contract/row-entry.ts';
import type { RowDataPacket } from 'mysql2/promise';
import type { LedgerConnection } from '../connection/connection.ts';
import {
  findRecorded,
  isDuplicateEntry,
  recordNewBatches,
  transactionOf,
  type Recorded,
  type RecordSettings,
} from '../record.ts';
import { splitIdsOf } from './split-ids.ts';

/** The outcome of recording batches of rows. */
export type RecordedRows = Recorded & {
  /**
   * The ids of batches that were not recorded because they are to be split: {@link claimSplit}
   * was called for them.
   */
  readonly split: readonly string[];
};

/**
 * Records batches of rows of one table in one transaction, as {@link recordBatches} does with
 * counts. All batches have the same columns.
 *
 * MySQL reads the rows from JSON and converts each value to the type of its column, in strict mode.
 * Only hexadecimal digits of them are in the text, so there is nothing to escape.
 */
export const recordRows = async (
  ledger: LedgerConnection,
  table: string,
  batches: readonly EncodedRows[],
  settings: RecordSettings,
): Promise<RecordedRows> => {
  const { duplicateIds, ...recorded } = await recordNewBatches(ledger, batches, settings, (remaining) =>
    rowStatements(table, remaining, settings),
  );
  const split = duplicateIds.length === 0 ? [] : await findSplit(ledger, duplicateIds, settings.deadlineMs);
  return { ...recorded, duplicates: recorded.duplicates - split.length, split };
};

const rowStatements = (table: string, batches: readonly EncodedRows[], { shard }: RecordSettings): string[] => {
  const [{ columns } = { columns: [] }] = batches;
  const names = columns.map((name) => `\`${name}\``).join(', ');
  // LONGTEXT, so that the INSERT converts: with other types, MariaDB 10.11 cuts values off and only
  // warns.
  const paths = columns.map((name, index) => `\`${name}\` LONGTEXT PATH '$[${index}]' ERROR ON ERROR`).join(', ');
  const json = `5b${batches.map(({ rows }) => hexOf(rows)).join('2c')}5d`;
  const rows = batches.reduce((sum, { size }) => sum + size, 0);
  return [
    `INSERT INTO \`${table}\` (${names}) SELECT ${names} FROM JSON_TABLE(_utf8mb4 x'${json}', '$[*][*]' COLUMNS (${paths})) AS j`,
    'SET @recorded = ROW_COUNT()',
    // Another number of rows than the entries say is an error here (1048), and rolls back.
    `INSERT INTO table_totals (table_name, slot, rows_count) VALUES ('${table}', ${shard}, IF(@recorded = ${rows}, ${rows}, NULL)) ON DUPLICATE KEY UPDATE rows_count = rows_count + ${rows}`,
  ];
};

let scratch = Buffer.alloc(0);

/**
 * Returns the UTF-8 of a text in hexadecimal digits. All texts share a buffer: a new one each time
 * costs more than the digits, most of it in garbage collection.
 */
const hexOf = (text: string): string => {
  const bytes = Buffer.byteLength(text);
  if (bytes > scratch.length) scratch = Buffer.allocUnsafeSlow(bytes);
  return scratch.toString('hex', 0, scratch.write(text));
};

/**
 * Claims a batch that MySQL refuses, to split it: its id goes into `inbox` without its rows, with a
 * mark next to it. From then on no consumer records the whole batch, so its parts may be recorded
 * under ids of their own. Returns false if another consumer has recorded the whole batch.
 */
export const claimSplit = (ledger: LedgerConnection, batch: EncodedRows, settings: RecordSettings): Promise<boolean> =>
  ledger.run(async (connection) => {
    const marked = { ...batch, batchId: splitIdsOf(batch.batchId).mark };
    try {
      // Both or none: a mark next to a batch that was recorded whole would have it split again.
      await connection.query(transactionOf([batch, marked], [], settings), null);
      return true;
    } catch (error) {
      if (!isDuplicateEntry(error)) throw error;
      await connection.query('ROLLBACK');
      return (await findRecorded(connection, [marked])).size > 0;
    }
  }, settings.deadlineMs);

const findSplit = (ledger: LedgerConnection, ids: readonly string[], deadlineMs: number): Promise<string[]> =>
  ledger.run(async (connection) => {
    const byMark = new Map(ids.map((id) => [splitIdsOf(id).mark, id]));
    const [found] = await connection.query<RowDataPacket[]>(
      `SELECT LOWER(HEX(batch_id)) AS mark FROM inbox WHERE batch_id IN (${[...byMark.keys()].map((mark) => `x'${mark}'`).join(',')})`,
    );
    return found.map((row) => byMark.get(String(row['mark']))).filter((id) => id !== undefined);
  }, deadlineMs);
