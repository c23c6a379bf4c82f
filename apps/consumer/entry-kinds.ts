import { maxEntryBytes, parseEntry, type EncodedBatch } from '@sluice/contract/entry.ts';
import { maxRowEntryBytes, parseRowEntry, splitRowEntry, type EncodedRows } from '@sluice/contract/row-entry.ts';
import type { LedgerConnection } from '@sluice/ledger/connection/connection.ts';
import { recordBatches, type RecordSettings } from '@sluice/ledger/record.ts';
import { claimSplit, recordRows } from '@sluice/ledger/rows/record-rows.ts';
import { isRefusal } from '@sluice/ledger/rows/refusals.ts';
import { splitIdsOf } from '@sluice/ledger/rows/split-ids.ts';
import type { Logger } from '@sluice/runtime/logging/logger.ts';
import type { Table } from '@sluice/table/table.ts';
import type { Entry, EntryKind } from './consume-dependencies.ts';

const maxCountsPerTransaction = 20_000;
const maxRowsPerTransaction = 10_000;
// Twice as many hexadecimal digits, below the default packet size of MySQL and MariaDB. One entry
// may be larger.
const maxBytesPerTransaction = 1_048_576;

/** Creates the kind of the entries with counts. */
export const createCountKind = (ledger: LedgerConnection, settings: RecordSettings): EntryKind<EncodedBatch> => ({
  maxEntryBytes,
  parse: parseEntry,
  split: (entries) => splitEntries(entries, { maxRows: maxCountsPerTransaction, bytesOf: () => 0, shapeOf: () => '' }),
  record: (batches) => recordBatches(ledger, batches, settings),
});

type RowKindSettings = {
  readonly ledger: LedgerConnection;
  readonly recording: RecordSettings;
  /** Replaces an entry by two others in one step. */
  readonly replaceEntry: (id: string, entries: NonNullable<ReturnType<typeof splitRowEntry>>) => Promise<void>;
  readonly ack: (ids: readonly string[]) => Promise<void>;
  readonly moveToDeadLetters: (id: string, reason: string) => Promise<void>;
  readonly onDeadLetter: () => void;
  readonly logger: Logger;
};

/**
 * Creates the kind of the entries with rows of a table. An entry with a row that MySQL refuses is
 * split in two, again and again, until the row is alone. Only that row becomes a dead letter.
 */
export const createRowKind = (
  { name, columns }: Table,
  { ledger, recording, replaceEntry, ack, moveToDeadLetters, onDeadLetter, logger }: RowKindSettings,
): EntryKind<EncodedRows> => {
  const bury = async ({ id }: Entry<EncodedRows>, reason: string, errno: unknown) => {
    await moveToDeadLetters(id, reason);
    onDeadLetter();
    // The reason may quote the row, so it is in the dead letter only.
    logger.error({ entry: id, table: name, errno }, 'moved an entry to the dead letters because MySQL refuses its row');
  };
  return {
    maxEntryBytes: maxRowEntryBytes,
    parse: (fields) => parseRowEntry(fields, columns),
    split: (entries) =>
      splitEntries(entries, {
        maxRows: maxRowsPerTransaction,
        bytesOf: ({ rows }) => Buffer.byteLength(rows),
        shapeOf: (batch) => batch.columns.length,
      }),
    record: (batches) => recordRows(ledger, name, batches, recording),
    isRefusal,
    isolate: async (entry, refusal) => {
      const halves = splitRowEntry(entry.batch, splitIdsOf(entry.batch.batchId).halves);
      if (halves === undefined) {
        await bury(entry, reasonOf(refusal, entry.batch), errnoOf(refusal));
        return;
      }
      const isClaimed = refusal === undefined || (await claimSplit(ledger, entry.batch, recording));
      if (isClaimed) await replaceEntry(entry.id, halves);
      // Another consumer has recorded the whole entry.
      else await ack([entry.id]);
    },
  };
};

const errnoOf = (error: unknown): unknown => (error instanceof Error && 'errno' in error ? error.errno : undefined);

const reasonOf = (refusal: unknown, { size }: EncodedRows): string => {
  const message = refusal instanceof Error ? refusal.message : 'for a reason that is not known any more';
  const isMiscounted = message.includes("'rows_count'");
  return isMiscounted
    ? `field v does not have ${size} rows, as field n says`
    : `MySQL refuses the row: ${message} (${String(errnoOf(refusal))})`;
};

type TransactionLimits<Batch> = {
  readonly maxRows: number;
  readonly bytesOf: (batch: Batch) => number;
  /** A transaction has batches of one shape: an older producer's rows may have fewer columns. */
  readonly shapeOf: (batch: Batch) => unknown;
};

/** Splits entries into transactions of at most so many rows and bytes, in order. */
const splitEntries = <Batch extends { readonly size: number }>(
  entries: readonly Entry<Batch>[],
  { maxRows, bytesOf, shapeOf }: TransactionLimits<Batch>,
): Entry<Batch>[][] => {
  const transactions: Entry<Batch>[][] = [];
  let rows = Infinity;
  let bytes = 0;
  let shape: unknown;
  for (const entry of entries) {
    const entryBytes = bytesOf(entry.batch);
    const isOtherShape = shape !== shapeOf(entry.batch);
    shape = shapeOf(entry.batch);
    rows += entry.batch.size;
    bytes += entryBytes;
    if (rows > maxRows || bytes > maxBytesPerTransaction || isOtherShape) {
      transactions.push([]);
      rows = entry.batch.size;
      bytes = entryBytes;
    }
    transactions.at(-1)?.push(entry);
  }
  return transactions;
};
