import { rowCodecOf } from '@sluice/contract/row-entry.ts';
import { readQueueState, type QueueState } from '@sluice/queue/admin/queue-state.ts';
import { readPartitions } from '@sluice/queue/admin/partition-registry.ts';
import { createEnqueuer } from '@sluice/queue/append/enqueue.ts';
import { tablePartitionOf, type Partition } from '@sluice/queue/partition.ts';
import type { RedisConnection } from '@sluice/queue/redis/connection.ts';
import type { Table } from '@sluice/table/table.ts';
import type { ProducerMetrics } from './metrics.ts';
import { coalesce } from './reads/coalesce.ts';
import type { connectReads } from './reads/connect-reads.ts';
import { readInTime } from './reads/read-in-time.ts';
import type { TableService } from './routes/table-routes.ts';

type TablesSettings = {
  readonly tables: readonly Table[];
  readonly queueName: string;
  readonly partitions: readonly Partition[];
  /** The settings that the enqueuers share with that of counts. */
  readonly enqueuing: Omit<
    Parameters<typeof createEnqueuer<string>>[0],
    'codec' | 'partitions' | 'maxBytes' | 'onPipeline'
  >;
  /** Maximum memory of a table's partition in bytes. */
  readonly maxBytes: number;
  /** A connection for reads. */
  readonly reading: RedisConnection;
  readonly ledger: Pick<ReturnType<typeof connectReads>, 'readTableTotal' | 'readRows'>;
  readonly metrics: ProducerMetrics;
  readonly readWithinMs: number;
};

/** Creates the service of each table, with a queue of its own. `drain` waits for all requests. */
export const createTableServices = (settings: TablesSettings) => {
  const { tables, queueName, partitions, enqueuing, maxBytes, reading, ledger, metrics, readWithinMs } = settings;
  const enqueuers = tables.map((table) =>
    createEnqueuer({
      ...enqueuing,
      codec: rowCodecOf(table.columns),
      partitions: partitions.map((partition) => tablePartitionOf(partition, table.name)),
      maxBytes,
    }),
  );
  const services = tables.map((table, index): TableService => {
    const readState = async () => {
      const known = await readPartitions(reading, queueName);
      const own = known.map((partition) => tablePartitionOf(partition, table.name));
      return readQueueState(reading, queueName, own, table.name);
    };
    return {
      table,
      enqueue: async (rows, key) => (await enqueuers[index]?.enqueue(rows, key)) ?? 'unavailable',
      readTotal: coalesce(() => ledger.readTableTotal(table)),
      readRows: (page) => ledger.readRows(table, page),
      readQueueState: coalesce(() => readInTime(readState, readWithinMs)),
      onAccepted: (rows, ms) => metrics.acceptedRows(table.name, rows, ms),
    };
  });
  const drain = async () => {
    await Promise.all(enqueuers.map((enqueuer) => enqueuer.drain()));
  };
  /** Reads the states of the queues of all tables, one after the other. */
  const readStates = async () => {
    const states: QueueState[] = [];
    for (const { readQueueState: read } of services) states.push(await read());
    return states;
  };
  return { services, drain, readStates };
};
