import type { Finding } from '@sluice/contract/finding.ts';
import { tablePartitionOf } from '../partition.ts';
import type { RedisConnection } from '../redis/connection.ts';
import { readPartitions } from './partition-registry.ts';
import { readQueueState } from './queue-state.ts';

/**
 * Checks that the queues of tables that are not declared are empty, since nobody reads them. Each
 * finding is a warning. Throws when Redis does not answer.
 *
 * @param tables The names of the tables.
 */
export const checkUndeclaredTables = async (
  connection: RedisConnection,
  queueName: string,
  tables: readonly string[],
): Promise<Finding[]> => {
  if (tables.length === 0) return [];
  const partitions = await readPartitions(connection, queueName);
  const findings: Finding[] = [];
  for (const table of tables) {
    const own = partitions.map((partition) => tablePartitionOf(partition, table));
    const { waitingBatches, deadLetters } = await readQueueState(connection, queueName, own, table);
    if (waitingBatches === 0 && deadLetters === 0) continue;
    // Without numbers: another text would be another finding.
    const detail = `The queue has entries or dead letters of ${table}, a table that is not declared. Consumers without it leave them there. Declare it again until its queue is empty.`;
    findings.push({ code: 'table_undeclared', severity: 'warning', detail });
  }
  return findings;
};
