import { sleep } from '@sluice/async/sleep.ts';
import { readPausedTables } from '@sluice/queue/admin/pause.ts';
import { readQueueState, type QueueState } from '@sluice/queue/admin/queue-state.ts';
import { tablePartitionOf, type Partition } from '@sluice/queue/partition.ts';
import type { RedisConnection } from '@sluice/queue/redis/connection.ts';
import { levelOf } from '@sluice/runtime/logging/level-of.ts';
import type { Logger } from '@sluice/runtime/logging/logger.ts';
import type { Table } from '@sluice/table/table.ts';
import type { ConsumerMetrics } from './metrics.ts';

type FollowSettings = {
  readonly tables: readonly Table[];
  readonly queueName: string;
  /** The partitions that are consumed. More may be added. */
  readonly partitions: readonly Partition[];
  readonly connection: RedisConnection;
  readonly metrics: ConsumerMetrics;
  readonly logger: Logger;
};

const pollPausesMs = 1_000;
// There may be many tables, and each has a stream in each partition.
const pollsPerState = 5;

/** Creates the follower of the tables: which are paused, and the states of their queues. */
export const followTables = ({ tables, queueName, partitions, connection, metrics, logger }: FollowSettings) => {
  const states = new Map<string, QueueState>();
  let paused: ReadonlySet<string> = new Set();

  const readStates = async () => {
    for (const { name } of tables) {
      const own = partitions.map((partition) => tablePartitionOf(partition, name));
      const state = await readQueueState(connection, queueName, own, name);
      states.set(name, state);
      metrics.setTableState(name, state);
    }
  };

  /** Reads the pauses every second, and the states every five, until `stopping` is aborted. */
  const run = async (stopping: AbortSignal): Promise<void> => {
    for (let poll = 0; tables.length > 0 && !stopping.aborted; poll++) {
      try {
        paused = await readPausedTables(connection, queueName);
        if (poll % pollsPerState === 0) await readStates();
      } catch (error) {
        if (!stopping.aborted) {
          logger[levelOf(error)]({ err: error }, 'could not poll the queues of the tables; retrying');
        }
      }
      await sleep(pollPausesMs, stopping);
    }
  };

  /** Returns the age of the oldest entry of all tables in ms, undefined if it is not known yet. */
  const oldestAgeMs = (): number | undefined =>
    states.size < tables.length ? undefined : Math.max(0, ...[...states.values()].map((state) => state.oldestAgeMs));

  return { run, states: () => [...states.values()], oldestAgeMs, isPaused: (table: string) => paused.has(table) };
};
