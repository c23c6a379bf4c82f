import { partitionsOf, tablePartitionOf } from '@sluice/queue/partition.ts';
import { queueName } from './queue.ts';
import { askNode, shards } from './shards.ts';
import { tables } from './tables.ts';

/**
 * Counts the entries that wait, or the dead letters, of counts and of all tables. Every primary must
 * be at home: each has one partition.
 */
export const countEntries = async (which: 'stream' | 'deadLetters'): Promise<number> => {
  const lengths = partitionsOf(queueName, shards.length).flatMap((partition, index) =>
    [partition, ...tables.map((table) => tablePartitionOf(partition, table))].map((each) =>
      askNode(shards[index]?.primary ?? '', 'XLEN', each[which]),
    ),
  );
  return (await Promise.all(lengths)).reduce((sum: number, length) => sum + Number(length), 0);
};
