import { setTimeout as pause } from 'node:timers/promises';
import type { Partition } from '@sluice/queue/partition.ts';
import type { QueueState } from '@sluice/queue/queue-state.ts';
import type { Logger } from '@sluice/runtime/logger.ts';

type FollowParts = {
  readonly readPartitions: () => Promise<readonly Partition[]>;
  readonly readState: (partitions: readonly Partition[]) => Promise<QueueState>;
  /** Hears of every partition once. */
  readonly onPartition: (partition: Partition) => void;
  readonly onState: (state: QueueState) => void;
  readonly logger: Logger;
};

const lookEveryMs = 1_000;

/**
 * Looks once a second which partitions are registered and what state the queue is in, until `stopping` is aborted. Partitions only ever
 * come: one that no producer uses any more may still hold entries. A look that fails is tried again a second later.
 */
export const followQueue = async (parts: FollowParts, stopping: AbortSignal): Promise<void> => {
  const known = new Map<string, Partition>();
  while (!stopping.aborted) {
    // oxlint-disable no-await-in-loop -- one look after the other
    try {
      for (const partition of await parts.readPartitions()) {
        if (known.has(partition.stream)) continue;
        known.set(partition.stream, partition);
        parts.logger.info({ partition: partition.stream }, 'consuming a partition');
        parts.onPartition(partition);
      }
      parts.onState(await parts.readState([...known.values()]));
    } catch (error) {
      if (!stopping.aborted) parts.logger.warn({ err: error }, 'could not look at the queue');
    }
    await pause(lookEveryMs, undefined, { signal: stopping }).catch(() => undefined);
    // oxlint-enable no-await-in-loop
  }
};
