import { sleep } from '@sluice/async/sleep.ts';
import type { Partition } from '@sluice/queue/partition.ts';
import { maxReadPartitions } from '@sluice/queue/admin/partition-registry.ts';
import type { QueueState } from '@sluice/queue/admin/queue-state.ts';
import { levelOf } from '@sluice/runtime/logging/level-of.ts';
import type { Logger } from '@sluice/runtime/logging/logger.ts';

type DiscoverDependencies = {
  readonly readPartitions: (onIgnored: (names: number) => void) => Promise<readonly Partition[]>;
  /** Loads the scripts that producers run in Redis but may not load themselves. */
  readonly loadScripts: (partitions: readonly Partition[]) => Promise<void>;
  readonly readState: (partitions: readonly Partition[]) => Promise<QueueState>;
  /** Called once for each partition. */
  readonly onPartition: (partition: Partition) => void;
  readonly onState: (state: QueueState) => void;
  readonly logger: Logger;
};

const pollEveryMs = 1_000;

/**
 * Reads the registered partitions and the state of the queue every second, until `stopping` is
 * aborted. It never drops a partition: one that no producer uses any more may still hold entries.
 * Reads at most {@link maxReadPartitions}, which bounds the connections of a consumer. Retries a
 * failure a second later.
 */
export const discoverPartitions = async (dependencies: DiscoverDependencies, stopping: AbortSignal): Promise<void> => {
  const known = new Map<string, Partition>();
  let hasWarned = false;
  const warnOfIgnored = (names: number) => {
    if (!hasWarned) dependencies.logger.warn({ names }, 'ignoring invalid names in the partition registry');
    hasWarned = true;
  };
  while (!stopping.aborted) {
    try {
      for (const partition of await dependencies.readPartitions(warnOfIgnored)) {
        if (known.has(partition.stream) || known.size >= maxReadPartitions) continue;
        known.set(partition.stream, partition);
        dependencies.logger.info({ partition: partition.stream }, 'consuming a partition');
        dependencies.onPartition(partition);
      }
      await dependencies.loadScripts([...known.values()]);
      dependencies.onState(await dependencies.readState([...known.values()]));
    } catch (error) {
      if (!stopping.aborted) dependencies.logger[levelOf(error)]({ err: error }, 'could not poll the queue; retrying');
    }
    await sleep(pollEveryMs, stopping);
  }
};
