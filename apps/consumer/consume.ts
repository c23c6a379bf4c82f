import { setTimeout as pause } from 'node:timers/promises';
import { maxEntryBytes, maxEntryFields, parseEntry, type EncodedBatch } from '@sluice/contract/entry.ts';
import type { Recorded } from '@sluice/ledger/record.ts';
import type { EntryReader, RawEntry } from '@sluice/queue/consume/read-entries.ts';
import { levelOf } from '@sluice/runtime/logging/level-of.ts';
import type { Logger } from '@sluice/runtime/logging/logger.ts';
import type { ConsumerMetrics } from './metrics.ts';
import { createRetry } from './retry.ts';

/** The dependencies of the consumer of one partition. */
export type ConsumeDependencies = {
  readonly reader: EntryReader;
  readonly record: (batches: readonly EncodedBatch[]) => Promise<Recorded>;
  readonly ack: (ids: readonly string[]) => Promise<void>;
  readonly moveToDeadLetters: (entry: RawEntry, reason: string) => Promise<void>;
  /** True if consumers must not read, such as while an operator has paused them. */
  readonly isPaused: () => boolean;
  /** Tells the watchdog that the loop makes an attempt. */
  readonly heartbeat: () => void;
  readonly metrics: ConsumerMetrics;
  readonly logger: Logger;
};

/** A parsed entry. */
type Entry = { readonly id: string; readonly batch: EncodedBatch };

const oversizeReason = `it has more than ${maxEntryBytes} bytes or ${maxEntryFields} fields`;
const blockMs = 2_000;
// MySQL drops the locks of a frozen consumer after 15 s. With that and the 5 s below, another
// consumer claims its entries within 30 s.
const idleMs = 15_000;
const claimEveryMs = 5_000;
const pausedPollMs = 200;
const maxRowsPerTransaction = 20_000;

/**
 * Moves entries from one partition to the database until `stopping` is aborted: read, record in one
 * transaction, then ack (remove from the queue). It retries each step until it succeeds, so an
 * outage of either side delays the consumer but never ends it. On stop, some entries may not be
 * removed. Another consumer claims them, and skips a recorded batch by its batch id.
 */
export const consume = async (dependencies: ConsumeDependencies, stopping: AbortSignal): Promise<void> => {
  const { reader, record, ack, isPaused, heartbeat, metrics, logger } = dependencies;
  const retry = createRetry({ heartbeat, metrics, logger, stopping });
  let claimAt = 0;

  const takeEntries = async (): Promise<RawEntry[]> => {
    if (performance.now() >= claimAt) {
      const entries = await reader.claimIdle(idleMs);
      if (entries.length > 0) {
        logger.info({ entries: entries.length }, 'claimed entries that another consumer left');
        return entries;
      }
      claimAt = performance.now() + claimEveryMs;
    }
    return reader.readNew(blockMs);
  };

  /**
   * Resolves to false if the entries were given up. While consumers are paused, none may hold
   * entries that cannot be recorded.
   */
  const recordEntries = async (entries: readonly Entry[]): Promise<boolean> => {
    const startedAt = performance.now();
    const recorded = await retry('record', async () => {
      try {
        return await record(entries.map(({ batch }) => batch));
      } catch (error) {
        if (!isPaused()) throw error;
        logger.warn({ err: error }, 'could not record; paused, so leaving the entries to be claimed');
        return undefined;
      }
    });
    if (recorded === undefined) return false;
    await retry('ack', () => ack(entries.map(({ id }) => id)));
    metrics.recorded(recorded.rows, recorded.duplicates, entries.length, performance.now() - startedAt);
    return true;
  };

  try {
    while (!stopping.aborted) {
      heartbeat();
      if (isPaused()) {
        await pause(pausedPollMs);
        continue;
      }
      const entries = await retry('read', takeEntries);
      for (const transaction of splitByRows(await parse(entries, dependencies))) {
        if (!(await recordEntries(transaction))) break;
      }
    }
  } catch (error) {
    if (error !== stopping.reason) throw error;
  }
  try {
    await reader.leave();
  } catch (error) {
    logger.debug(
      { err: error },
      'could not leave the consumer group; another consumer will remove this name once it is idle',
    );
  }
};

/**
 * Parses entries. Those that cannot be parsed become dead letters. If that fails they stay pending,
 * and a consumer reads them again.
 */
const parse = async (
  entries: readonly RawEntry[],
  { moveToDeadLetters, metrics, logger }: ConsumeDependencies,
): Promise<Entry[]> => {
  const parsed: Entry[] = [];
  for (const entry of entries) {
    const result = check(entry);
    if (result.ok) {
      parsed.push({ id: entry.id, batch: result.batch });
      continue;
    }
    const { reason } = result;
    try {
      await moveToDeadLetters(entry, reason);
      metrics.movedToDeadLetters();
      logger.error({ entry: entry.id, reason }, 'moved an entry to the dead letters because it cannot be parsed');
    } catch (error) {
      logger[levelOf(error)](
        { err: error, entry: entry.id, reason },
        'could not move an entry to the dead letters; retrying later',
      );
    }
  }
  return parsed;
};

/**
 * Parses one entry. Catches every error: an entry that ends the consumer would be read again after
 * its restart.
 */
const check = (entry: RawEntry): ReturnType<typeof parseEntry> => {
  if (entry.isOversize === true) return { ok: false, reason: oversizeReason };
  try {
    return parseEntry(entry.fields);
  } catch (error) {
    return { ok: false, reason: `the check failed: ${error instanceof Error ? error.message : 'unknown'}` };
  }
};

/** Splits entries into transactions of at most 20,000 rows, in order. */
const splitByRows = (entries: readonly Entry[]): Entry[][] => {
  const transactions: Entry[][] = [];
  let rows = Infinity;
  for (const entry of entries) {
    rows += entry.batch.size;
    if (rows > maxRowsPerTransaction) {
      transactions.push([]);
      rows = entry.batch.size;
    }
    transactions.at(-1)?.push(entry);
  }
  return transactions;
};
