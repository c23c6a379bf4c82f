import { setTimeout as pause } from 'node:timers/promises';
import { parseEntry, type Batch } from '@sluice/contract/entry.ts';
import type { Recorded } from '@sluice/ledger/record.ts';
import type { EntryReader, RawEntry } from '@sluice/queue/read-entries.ts';
import type { Logger } from '@sluice/runtime/logger.ts';

/** What the consumer does its work with. */
export type ConsumerParts = {
  readonly reader: EntryReader;
  readonly record: (batches: readonly Batch[]) => Promise<Recorded>;
  readonly settle: (ids: readonly string[]) => Promise<void>;
  readonly bury: (entry: RawEntry, reason: string) => Promise<void>;
  readonly logger: Logger;
};

type Entry = { readonly id: string; readonly batch: Batch };

const blockMs = 2_000;
// With the 5 s below and the 15 s after which MySQL drops the locks of a frozen consumer, work is taken over within 30 s.
const idleMs = 15_000;
const takeOverEveryMs = 5_000;
const maxRowsPerTransaction = 20_000;
const shortestPauseMs = 100;
const longestPauseMs = 5_000;

/**
 * Takes entries from the queue to the ledger until `stopping` is aborted: read, record in one transaction, then remove from the
 * queue. Each step is tried until it succeeds, so an outage of either side holds the consumer up and ends nothing. What it
 * has not removed when it stops is taken over by another and, if it was recorded, known by its batch id.
 */
export const consume = async (parts: ConsumerParts, stopping: AbortSignal): Promise<void> => {
  const { reader, record, settle, logger } = parts;
  let takeOverAt = 0;

  const persist = <T>(step: () => Promise<T>, message: string) => untilDone(step, message, logger, stopping);

  const takeEntries = async (): Promise<RawEntry[]> => {
    if (performance.now() >= takeOverAt) {
      const entries = await reader.takeOver(idleMs);
      if (entries.length > 0) {
        logger.info({ entries: entries.length }, 'took over entries that another consumer left');
        return entries;
      }
      takeOverAt = performance.now() + takeOverEveryMs;
    }
    return reader.readNew(blockMs);
  };

  try {
    while (!stopping.aborted) {
      // oxlint-disable no-await-in-loop -- one step after the other is what this loop is
      const entries = await persist(takeEntries, 'could not read the queue');
      for (const transaction of splitByRows(await parse(entries, parts))) {
        const { rows, knownBatches } = await persist(
          () => record(transaction.map(({ batch }) => batch)),
          'could not record; trying again',
        );
        await persist(() => settle(transaction.map(({ id }) => id)), 'could not remove what is recorded; trying again');
        logger.debug({ rows, knownBatches }, 'recorded');
      }
      // oxlint-enable no-await-in-loop
    }
  } catch (error) {
    if (error !== stopping.reason) throw error;
  }
};

/** Calls `step` until it succeeds, with growing pauses. Throws the signal's reason when it is to stop. */
const untilDone = async <T>(
  step: () => Promise<T>,
  message: string,
  logger: Logger,
  stopping: AbortSignal,
): Promise<T> => {
  for (let pauseMs = shortestPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- each attempt follows the failure of the one before
      return await step();
    } catch (error) {
      logger.warn({ err: error, pauseMs }, message);
      // oxlint-disable-next-line no-await-in-loop -- a pause before the next attempt
      await pause(pauseMs * (0.5 + Math.random() / 2), undefined, { signal: stopping }).catch(() => undefined);
      stopping.throwIfAborted();
    }
  }
};

/** Checks entries. Those that cannot be parsed become dead letters; where that fails they stay pending and come again. */
const parse = async (entries: readonly RawEntry[], { bury, logger }: ConsumerParts): Promise<Entry[]> => {
  const parsed: Entry[] = [];
  for (const entry of entries) {
    const result = parseEntry(entry.fields);
    if (result.ok) {
      parsed.push({ id: entry.id, batch: result.batch });
      continue;
    }
    const { reason } = result;
    try {
      // oxlint-disable-next-line no-await-in-loop -- rare
      await bury(entry, reason);
      logger.error({ entry: entry.id, reason }, 'an entry cannot be parsed; it is a dead letter now');
    } catch (error) {
      logger.warn({ err: error, entry: entry.id, reason }, 'could not make a dead letter; trying again later');
    }
  }
  return parsed;
};

const splitByRows = (entries: readonly Entry[]): Entry[][] => {
  const transactions: Entry[][] = [];
  let rows = Infinity;
  for (const entry of entries) {
    rows += entry.batch.counts.length;
    if (rows > maxRowsPerTransaction) {
      transactions.push([]);
      rows = entry.batch.counts.length;
    }
    transactions.at(-1)?.push(entry);
  }
  return transactions;
};
