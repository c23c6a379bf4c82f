import { setTimeout as pause } from 'node:timers/promises';
import { maxEntryFields } from '@sluice/contract/entry.ts';
import type { RawEntry } from '@sluice/queue/consume/read-entries.ts';
import { levelOf } from '@sluice/runtime/logging/level-of.ts';
import type { ConsumeDependencies, Entry, EntryKind, SizedBatch } from './consume-dependencies.ts';
import { createRecorder } from './record-entries.ts';
import { createRetry } from './retry.ts';

const blockMs = 2_000;
// MySQL drops the locks of a frozen consumer after 15 s. With that and the 5 s below, another
// consumer claims its entries within 30 s.
const idleMs = 15_000;
const claimEveryMs = 5_000;
const pausedPollMs = 200;

/**
 * Moves entries from one partition to the database until `stopping` is aborted: read, record in one
 * transaction, then ack (remove from the queue). It retries each step until it succeeds, so an
 * outage of either side delays the consumer but never ends it. On stop, some entries may not be
 * removed. Another consumer claims them, and skips a recorded batch by its batch id.
 */
export const consume = async <Batch extends SizedBatch>(
  dependencies: ConsumeDependencies<Batch>,
  stopping: AbortSignal,
): Promise<void> => {
  const { kind, reader, isPaused, heartbeat, metrics, logger } = dependencies;
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

  const recordEntries = createRecorder(dependencies, retry);

  try {
    while (!stopping.aborted) {
      heartbeat();
      if (isPaused()) {
        await pause(pausedPollMs);
        continue;
      }
      const entries = await retry('read', takeEntries);
      for (const transaction of kind.split(await parse(entries, dependencies))) {
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
const parse = async <Batch extends SizedBatch>(
  entries: readonly RawEntry[],
  { kind, moveToDeadLetters, metrics, logger }: ConsumeDependencies<Batch>,
): Promise<Entry<Batch>[]> => {
  const parsed: Entry<Batch>[] = [];
  for (const entry of entries) {
    const result = check(entry, kind);
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
const check = <Batch extends SizedBatch>(
  entry: RawEntry,
  { parse: parseFields, maxEntryBytes }: EntryKind<Batch>,
): ReturnType<EntryKind<Batch>['parse']> => {
  if (entry.isOversize === true) {
    return { ok: false, reason: `it has more than ${maxEntryBytes} bytes or ${maxEntryFields} fields` };
  }
  try {
    return parseFields(entry.fields);
  } catch (error) {
    return { ok: false, reason: `the check failed: ${error instanceof Error ? error.message : 'unknown'}` };
  }
};
