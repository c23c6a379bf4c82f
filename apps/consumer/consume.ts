import { setTimeout as pause } from 'node:timers/promises';
import { maxEntryBytes, maxEntryFields, parseEntry, type EncodedBatch } from '@sluice/contract/entry.ts';
import type { Recorded } from '@sluice/ledger/record.ts';
import type { EntryReader, RawEntry } from '@sluice/queue/consume/read-entries.ts';
import { levelOf } from '@sluice/runtime/logging/level-of.ts';
import type { Logger } from '@sluice/runtime/logging/logger.ts';
import type { ConsumerMetrics } from './metrics.ts';
import { splitByRows } from './split-by-rows.ts';
import { createRetry } from './retry.ts';

/** What the consumer of one partition does its work with. */
export type ConsumeParts = {
  readonly reader: EntryReader;
  readonly record: (batches: readonly EncodedBatch[]) => Promise<Recorded>;
  readonly ack: (ids: readonly string[]) => Promise<void>;
  readonly moveToDeadLetters: (entry: RawEntry, reason: string) => Promise<void>;
  /** Whether an operator has paused the consumers. */
  readonly isPaused: () => boolean;
  /** Tells the watchdog that an attempt is made. */
  readonly beat: () => void;
  readonly metrics: ConsumerMetrics;
  readonly logger: Logger;
};

/** An entry that was checked. */
export type Entry = { readonly id: string; readonly batch: EncodedBatch };

const oversizeReason = `it has more than ${maxEntryBytes} bytes or ${maxEntryFields} fields`;
const blockMs = 2_000;
// With the 5 s below and the 15 s after which MySQL drops the locks of a frozen consumer, work is taken over within 30 s.
const idleMs = 15_000;
const takeOverEveryMs = 5_000;
const pausedLookMs = 200;

/**
 * Takes entries from one partition to the ledger until `stopping` is aborted: read, record in one transaction, then remove from the
 * queue. Each step is tried until it succeeds, so an outage of either side holds the consumer up and ends nothing. What it
 * has not removed when it stops is taken over by another and, if it was recorded, known by its batch id.
 */
export const consume = async (parts: ConsumeParts, stopping: AbortSignal): Promise<void> => {
  const { reader, record, ack, isPaused, beat, metrics, logger } = parts;
  const retry = createRetry({ beat, metrics, logger, stopping });
  let takeOverAt = 0;

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

  /** Resolves with false where the entries were given up: while consumers are paused nobody may hold what cannot be recorded. */
  const recordEntries = async (entries: readonly Entry[]): Promise<boolean> => {
    const startedAt = performance.now();
    const recorded = await retry('record', async () => {
      try {
        return await record(entries.map(({ batch }) => batch));
      } catch (error) {
        if (!isPaused()) throw error;
        logger.warn({ err: error }, 'could not record; paused, so the entries are left to be taken over');
        return undefined;
      }
    });
    if (recorded === undefined) return false;
    await retry('ack', () => ack(entries.map(({ id }) => id)));
    metrics.recorded(recorded.rows, recorded.knownBatches, entries.length, performance.now() - startedAt);
    return true;
  };

  try {
    while (!stopping.aborted) {
      beat();
      // oxlint-disable no-await-in-loop -- one step after the other is what this loop is
      if (isPaused()) {
        await pause(pausedLookMs);
        continue;
      }
      const entries = await retry('read', takeEntries);
      for (const transaction of splitByRows(await parse(entries, parts))) {
        if (!(await recordEntries(transaction))) break;
      }
      // oxlint-enable no-await-in-loop
    }
  } catch (error) {
    if (error !== stopping.reason) throw error;
  }
  try {
    await reader.leave();
  } catch (error) {
    logger.debug(
      { err: error },
      'could not leave the group; others will remove the name when it has been idle for long',
    );
  }
};

/** Checks entries. Those that cannot be parsed become dead letters; where that fails they stay pending and come again. */
const parse = async (
  entries: readonly RawEntry[],
  { moveToDeadLetters, metrics, logger }: ConsumeParts,
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
      // oxlint-disable-next-line no-await-in-loop -- rare
      await moveToDeadLetters(entry, reason);
      metrics.buried();
      logger.error({ entry: entry.id, reason }, 'an entry cannot be parsed; it is a dead letter now');
    } catch (error) {
      logger[levelOf(error)](
        { err: error, entry: entry.id, reason },
        'could not make a dead letter; trying again later',
      );
    }
  }
  return parsed;
};

/** Nothing that an entry holds may end the consumer, which would read it again when it is back. */
const check = (entry: RawEntry): ReturnType<typeof parseEntry> => {
  if (entry.isOversize === true) return { ok: false, reason: oversizeReason };
  try {
    return parseEntry(entry.fields);
  } catch (error) {
    return { ok: false, reason: `it could not be checked: ${error instanceof Error ? error.message : 'unknown'}` };
  }
};
