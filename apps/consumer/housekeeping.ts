import { setTimeout as pause } from 'node:timers/promises';
import { levelOf } from '@sluice/runtime/logging/level-of.ts';
import type { Logger } from '@sluice/runtime/logging/logger.ts';

type HousekeepingParts = {
  /** Removes up to so many expired ids from the inbox and answers with how many there were. */
  readonly purge: (maxRows: number) => Promise<number>;
  /** How long the oldest entry of any partition has waited; `undefined` while that is not known. */
  readonly oldestAgeMs: () => number | undefined;
  readonly inboxHours: number;
  readonly onPurged: (ids: number) => void;
  /** Takes the names of consumers out of the group that have been dead for long. */
  readonly removeIdleConsumers: () => Promise<void>;
  readonly logger: Logger;
};

const lookEveryMs = 10_000;
const maxRowsAtOnce = 2_000;
const hourMs = 3_600_000;
const removeConsumersEveryMs = 600_000;

/**
 * Removes what is not needed any more, until `stopping` is aborted. Ids go from the inbox when their time is over, in small chunks; not while
 * an entry waits that is older than half of what ids are kept for: it may be a batch recorded before, and must be known when its turn comes.
 */
export const runHousekeeping = async (parts: HousekeepingParts, stopping: AbortSignal): Promise<void> => {
  const oldestAllowedMs = (parts.inboxHours * hourMs) / 2;
  let removeConsumersAt = performance.now() + removeConsumersEveryMs;

  const purge = async (): Promise<number> => {
    const ageMs = parts.oldestAgeMs();
    if (ageMs === undefined || ageMs >= oldestAllowedMs) return 0;
    const removed = await parts.purge(maxRowsAtOnce);
    parts.onPurged(removed);
    return removed;
  };

  const removeConsumers = async () => {
    if (performance.now() < removeConsumersAt) return;
    removeConsumersAt = performance.now() + removeConsumersEveryMs;
    await parts.removeIdleConsumers();
  };

  while (!stopping.aborted) {
    // oxlint-disable no-await-in-loop -- one chunk after the other
    let removed = 0;
    try {
      removed = await purge();
      await removeConsumers();
    } catch (error) {
      if (!stopping.aborted) parts.logger[levelOf(error)]({ err: error }, 'could not tidy up; trying again later');
    }
    if (removed < maxRowsAtOnce) await pause(lookEveryMs, undefined, { signal: stopping }).catch(() => undefined);
    // oxlint-enable no-await-in-loop
  }
};
