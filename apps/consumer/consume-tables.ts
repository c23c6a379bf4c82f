import { connectLedger, type LedgerConnection } from '@sluice/ledger/connection/connection.ts';
import { ackEntries, deadLetterEntry, replaceEntry } from '@sluice/queue/consume/ack-entries.ts';
import { createEntryReader, type SharedWait } from '@sluice/queue/consume/read-entries.ts';
import { removeIdleConsumers } from '@sluice/queue/consume/remove-consumers.ts';
import { createSharedWait } from '@sluice/queue/consume/shared-wait.ts';
import { tablePartitionOf, type Partition } from '@sluice/queue/partition.ts';
import type { RedisConnection } from '@sluice/queue/redis/connection.ts';
import type { Table } from '@sluice/table/table.ts';
import { consume } from './consume.ts';
import { maxEntries, type LoopSettings } from './consume-counts.ts';
import { createRowKind } from './entry-kinds.ts';
import { followTables } from './follow-tables.ts';

type TableConsumerSettings = LoopSettings & {
  readonly tables: readonly Table[];
  readonly queueName: string;
  readonly database: Parameters<typeof connectLedger>[0];
};

// Connections to MySQL of all tables together. A table that is locked keeps its own busy.
const maxConnections = 64;
const maxConnectionsPerTable = 3;

/**
 * Creates the consumer of the rows of all tables. Each table has loops and connections to MySQL of
 * its own, so that one which is missing or locked holds up itself alone. The tables of a partition
 * wait for entries on one connection to Redis.
 */
export const createTableConsumer = (settings: TableConsumerSettings, stopping: AbortSignal) => {
  const { tables, queueName, connect, commands, database, metrics, logger } = settings;
  const loopsPerTable = Math.max(1, Math.min(maxConnectionsPerTable, Math.floor(maxConnections / tables.length)));
  const partitions: Partition[] = [];
  const services = tables.map((table) => ({
    table,
    ledger: connectLedger({ ...database, maxConnections: loopsPerTable }),
  }));
  const following = followTables({ tables, queueName, partitions, connection: commands, metrics, logger });
  let reading: RedisConnection | undefined;

  /** Starts the loops of all tables on a partition. Returns their ends. */
  const consumePartition = (partition: Partition): Promise<void>[] => {
    if (tables.length === 0) return [];
    partitions.push(partition);
    const connection = (reading ??= connect());
    const own = tables.map(({ name }) => tablePartitionOf(partition, name));
    const tableOf = new Map(tables.map(({ name }) => [tablePartitionOf(partition, name).stream, name]));
    const isPaused = (stream: string) => settings.isPaused() || following.isPaused(tableOf.get(stream) ?? '');
    const shared = createSharedWait(
      { connection: connect(), partitions: own, consumer: settings.consumer, isPaused },
      stopping,
    );
    const loops = services.flatMap(({ table, ledger }) =>
      Array.from({ length: loopsPerTable }, (_, index) => {
        const loop = { table, ledger, partition: tablePartitionOf(partition, table.name), index, connection, shared };
        return runLoop(settings, loop, () => settings.isPaused() || following.isPaused(table.name), stopping);
      }),
    );
    return [shared.ended, ...loops];
  };

  const removeIdle = async (idleMs: number) => {
    const own = partitions.flatMap((partition) => tables.map(({ name }) => tablePartitionOf(partition, name)));
    for (const partition of own) await removeIdleConsumers(commands, partition, idleMs);
  };

  const close = async () => {
    await Promise.all(services.map(({ ledger }) => ledger.close()));
  };

  return {
    consumePartition,
    follow: () => following.run(stopping),
    states: following.states,
    oldestAgeMs: following.oldestAgeMs,
    removeIdle,
    connectionsInUse: () => services.reduce((sum, { ledger }) => sum + ledger.inUse(), 0),
    close,
  };
};

type Loop = {
  readonly table: Table;
  readonly ledger: LedgerConnection;
  /** The part of a partition that belongs to the table. */
  readonly partition: Partition;
  readonly index: number;
  /** A connection for reads that do not block. */
  readonly connection: RedisConnection;
  readonly shared: SharedWait;
};

const runLoop = async (
  { commands, consumer, recordingOf, watchdog, metrics, logger }: LoopSettings,
  { table, ledger, partition, index, connection, shared }: Loop,
  isPaused: () => boolean,
  stopping: AbortSignal,
) => {
  const watched = watchdog.watch(`${partition.stream} ${index}`);
  const tableMetrics = metrics.ofTable(table.name);
  const tableLogger = logger.child({ partition: partition.stream });
  const ack = (ids: readonly string[]) => ackEntries(commands, partition, ids);
  const moveToDeadLetters = (id: string, reason: string) => deadLetterEntry(commands, partition, id, reason);
  await consume(
    {
      kind: createRowKind(table, {
        ledger,
        recording: recordingOf(index),
        replaceEntry: (id, entries) => replaceEntry(commands, partition, id, entries),
        ack,
        moveToDeadLetters,
        onDeadLetter: tableMetrics.movedToDeadLetters,
        logger: tableLogger,
      }),
      reader: createEntryReader({ connection, shared, partition, consumer, maxEntries }),
      ack,
      moveToDeadLetters: ({ id }, reason) => moveToDeadLetters(id, reason),
      isPaused,
      heartbeat: watched.heartbeat,
      metrics: tableMetrics,
      logger: tableLogger,
    },
    stopping,
  );
  watched.end();
};
