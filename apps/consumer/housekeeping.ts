import { sleep } from '@sluice/async/sleep.ts';
import { levelOf } from '@sluice/runtime/logging/level-of.ts';
import type { Logger } from '@sluice/runtime/logging/logger.ts';

type HousekeepingDependencies = {
  /** Removes up to `maxRows` expired ids from the inbox. Returns the number removed. */
  readonly purge: (maxRows: number) => Promise<number>;
  /** Returns the age of the oldest entry of all partitions, or `undefined` if unknown. */
  readonly oldestAgeMs: () => number | undefined;
  readonly inboxHours: number;
  readonly onPurged: (ids: number) => void;
  /** Removes the names of consumers from the group that have been dead for long. */
  readonly removeIdleConsumers: () => Promise<void>;
  readonly logger: Logger;
};

const pollEveryMs = 10_000;
const maxRowsAtOnce = 2_000;
const hourMs = 3_600_000;
const removeConsumersEveryMs = 600_000;

/**
 * Removes expired ids and dead consumers until `stopping` is aborted. It removes ids from the inbox
 * in small chunks. It keeps them while any entry is older than half the retention of ids: such an
 * entry may hold a recorded batch, and its id must still be in the inbox.
 */
export const runHousekeeping = async (dependencies: HousekeepingDependencies, stopping: AbortSignal): Promise<void> => {
  const oldestAllowedMs = (dependencies.inboxHours * hourMs) / 2;
  let removeConsumersAt = performance.now() + removeConsumersEveryMs;

  const purge = async (): Promise<number> => {
    const ageMs = dependencies.oldestAgeMs();
    if (ageMs === undefined || ageMs >= oldestAllowedMs) return 0;
    const removed = await dependencies.purge(maxRowsAtOnce);
    dependencies.onPurged(removed);
    return removed;
  };

  const removeConsumers = async () => {
    if (performance.now() < removeConsumersAt) return;
    removeConsumersAt = performance.now() + removeConsumersEveryMs;
    await dependencies.removeIdleConsumers();
  };

  while (!stopping.aborted) {
    let removed = 0;
    try {
      removed = await purge();
      await removeConsumers();
    } catch (error) {
      if (!stopping.aborted) dependencies.logger[levelOf(error)]({ err: error }, 'housekeeping failed; retrying later');
    }
    if (removed < maxRowsAtOnce) await sleep(pollEveryMs, stopping);
  }
};
