import type { RedisConnection } from '../redis/connection.ts';
import type { Partition } from '../partition.ts';

/** Where counts are added, and the limits under which the queue accepts them. */
export type AppendSettings = {
  readonly connection: RedisConnection;
  /** At least one. */
  readonly partitions: readonly Partition[];
  /** Number of replicas that must hold a count before it is acknowledged. */
  readonly ackReplicas: number;
  /** Maximum number of batches in a partition; beyond it counts are refused. */
  readonly maxBatches: number;
  /** Maximum number of idempotency keys in a partition; beyond it new ones are refused. */
  readonly maxKeys: number;
};
