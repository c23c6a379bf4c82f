import type { LedgerConnection } from '@sluice/ledger/connection/connection.ts';
import type { RecordSettings } from '@sluice/ledger/record.ts';
import { ackEntries, deadLetterEntry } from '@sluice/queue/consume/ack-entries.ts';
import { createEntryReader } from '@sluice/queue/consume/read-entries.ts';
import type { Partition } from '@sluice/queue/partition.ts';
import type { RedisConnection } from '@sluice/queue/redis/connection.ts';
import type { Logger } from '@sluice/runtime/logging/logger.ts';
import type { startWatchdog } from '@sluice/runtime/watchdog.ts';
import { consume } from './consume.ts';
import { createCountKind } from './entry-kinds.ts';
import type { ConsumerMetrics } from './metrics.ts';

/** The settings that all loops of a consumer share. */
export type LoopSettings = {
  /** Opens a connection to Redis, which is closed elsewhere. */
  readonly connect: () => RedisConnection;
  /** A connection for commands that do not block. */
  readonly commands: RedisConnection;
  /** The name of this consumer in the groups. */
  readonly consumer: string;
  /** Returns the settings of the transactions of the `index`-th loop of a partition. */
  readonly recordingOf: (index: number) => RecordSettings;
  /** True while the consumer must not record anything. */
  readonly isPaused: () => boolean;
  readonly watchdog: ReturnType<typeof startWatchdog>;
  readonly metrics: ConsumerMetrics;
  readonly logger: Logger;
};

/** Maximum number of entries that a loop reads at once. */
export const maxEntries = 500;

const loopNumbers = [0, 1, 2];
// Each loop has a connection. With this many loops open, a further partition gets only one loop.
const manyLoops = 96;

/**
 * Creates the consumer of counts. A partition has several loops, each with its row of `totals`:
 * while one waits for MySQL, the others can read or ack.
 */
export const createCountConsumer = (
  settings: LoopSettings & { readonly ledger: LedgerConnection },
  stopping: AbortSignal,
) => {
  const { connect, commands, consumer, recordingOf, isPaused, watchdog, metrics, logger, ledger } = settings;
  let openLoops = 0;

  const runLoop = async (partition: Partition, index: number) => {
    const watched = watchdog.watch(`${partition.stream} ${index}`);
    await consume(
      {
        kind: createCountKind(ledger, recordingOf(index)),
        reader: createEntryReader({ connection: connect(), partition, consumer, maxEntries }),
        ack: (ids) => ackEntries(commands, partition, ids),
        moveToDeadLetters: ({ id }, reason) => deadLetterEntry(commands, partition, id, reason),
        isPaused,
        heartbeat: watched.heartbeat,
        metrics,
        logger: logger.child({ partition: partition.stream }),
      },
      stopping,
    );
    watched.end();
  };

  /** Starts the loops of a partition. Returns their ends. */
  const consumePartition = (partition: Partition): Promise<void>[] => {
    const numbers = openLoops < manyLoops ? loopNumbers : loopNumbers.slice(0, 1);
    openLoops += numbers.length;
    return numbers.map((index) => runLoop(partition, index));
  };

  return { consumePartition };
};
