import { registerPartitions } from '@sluice/queue/admin/partition-registry.ts';
import type { Partition } from '@sluice/queue/partition.ts';
import type { RedisConnection } from '@sluice/queue/redis/connection.ts';
import type { Table } from '@sluice/table/table.ts';
import type { ServerWatch } from '@sluice/runtime/watch-servers.ts';

/**
 * Creates the registration of the partitions in Redis, by which consumers discover them. It waits
 * for the first check of the servers.
 */
export const createRegistration = (
  connection: RedisConnection,
  queueName: string,
  partitions: readonly Partition[],
  tables: readonly Table[],
  watch: ServerWatch,
) => {
  const done = Promise.withResolvers<void>();
  let isDone = false;
  const register = async () => {
    await watch.firstRound;
    // Accepts nothing before Redis was checked. The caller retries.
    if (!watch.hasAnswered(0)) throw new Error('Redis has not answered the server check yet');
    // Registers nothing in a refused queue, such as one of another database.
    if (watch.findings().some(({ severity }) => severity === 'refused')) return;
    await registerPartitions(
      connection,
      queueName,
      partitions,
      tables.map(({ name }) => name),
    );
    isDone = true;
    done.resolve();
  };
  return { register, isDone: () => isDone, done: done.promise };
};
