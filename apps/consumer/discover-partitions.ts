import { sleep } from '@sluice/async/sleep.ts';
import type { Partition } from '@sluice/queue/partition.ts';
import { mostReadPartitions } from '@sluice/queue/admin/partition-registry.ts';
import type { QueueState } from '@sluice/queue/admin/queue-state.ts';
import { levelOf } from '@sluice/runtime/logging/level-of.ts';
import type { Logger } from '@sluice/runtime/logging/logger.ts';

type FollowParts = {
  readonly readPartitions: (onIgnored: (names: number) => void) => Promise<readonly Partition[]>;
  /** Loads the scripts that producers run in Redis but may not load themselves. */
  readonly loadScripts: (partitions: readonly Partition[]) => Promise<void>;
  readonly readState: (partitions: readonly Partition[]) => Promise<QueueState>;
  /** Called once for each partition. */
  readonly onPartition: (partition: Partition) => void;
  readonly onState: (state: QueueState) => void;
  readonly logger: Logger;
};

const lookEveryMs = 1_000;

/**
 * Reads the registered partitions and the state of the queue every second, until `stopping` is
 * aborted. It never drops a partition: one that no producer uses any more may still hold entries.
 * Reads at most {@link mostReadPartitions}, which bounds the connections of a consumer. Retries a
 * failure a second later.
 */
export const discoverPartitions = async (parts: FollowParts, stopping: AbortSignal): Promise<void> => {
  const known = new Map<string, Partition>();
  let hasWarned = false;
  const warnOfIgnored = (names: number) => {
    if (!hasWarned) parts.logger.warn({ names }, 'ignoring invalid names in the partition registry');
    hasWarned = true;
  };
  while (!stopping.aborted) {
    try {
      for (const partition of await parts.readPartitions(warnOfIgnored)) {
        if (known.has(partition.stream) || known.size >= mostReadPartitions) continue;
        known.set(partition.stream, partition);
        parts.logger.info({ partition: partition.stream }, 'consuming a partition');
        parts.onPartition(partition);
      }
      await parts.loadScripts([...known.values()]);
      parts.onState(await parts.readState([...known.values()]));
    } catch (error) {
      if (!stopping.aborted) parts.logger[levelOf(error)]({ err: error }, 'could not poll the queue; retrying');
    }
    await sleep(lookEveryMs, stopping);
  }
};
