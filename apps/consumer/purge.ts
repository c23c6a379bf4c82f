import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '@sluice/runtime/logger.ts';

type PurgeParts = {
  /** Removes up to so many expired ids and answers with how many there were. */
  readonly purge: (maxRows: number) => Promise<number>;
  /** How long the oldest entry of any partition has waited; `undefined` while that is not known. */
  readonly oldestAgeMs: () => number | undefined;
  readonly inboxHours: number;
  readonly onPurged: (ids: number) => void;
  readonly logger: Logger;
};

const lookEveryMs = 10_000;
const maxRowsAtOnce = 2_000;
const hourMs = 3_600_000;

/**
 * Removes ids from the inbox when their time is over, in small chunks, until `stopping` is aborted. Not while an entry waits that is older
 * than half of what ids are kept for: it may be a batch recorded before, and must be known when its turn comes.
 */
export const purgeInboxes = async (parts: PurgeParts, stopping: AbortSignal): Promise<void> => {
  const oldestAllowedMs = (parts.inboxHours * hourMs) / 2;
  while (!stopping.aborted) {
    // oxlint-disable no-await-in-loop -- one chunk after the other
    const ageMs = parts.oldestAgeMs();
    let removed = 0;
    if (ageMs !== undefined && ageMs < oldestAllowedMs) {
      try {
        removed = await parts.purge(maxRowsAtOnce);
        parts.onPurged(removed);
      } catch (error) {
        parts.logger.warn({ err: error }, 'could not purge the inbox; trying again later');
      }
    }
    if (removed < maxRowsAtOnce) await pause(lookEveryMs, undefined, { signal: stopping }).catch(() => undefined);
    // oxlint-enable no-await-in-loop
  }
};
