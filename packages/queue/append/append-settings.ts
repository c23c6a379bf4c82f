import type { EntryCodec } from '@sluice/contract/entry-codec.ts';
import type { RedisConnection } from '../redis/connection.ts';
import type { Partition } from '../partition.ts';

/** Where items are added, counts or rows, and the limits under which the queue accepts them. */
export type AppendSettings<Item> = {
  readonly codec: EntryCodec<Item>;
  readonly connection: RedisConnection;
  /** At least one. */
  readonly partitions: readonly Partition[];
  /** Number of replicas that must hold a count before it is acknowledged. */
  readonly ackReplicas: number;
  /** Maximum number of batches in a partition; beyond it counts are refused. */
  readonly maxBatches: number;
  /** Maximum memory of a partition in bytes; beyond it rows are refused. No limit if not set. */
  readonly maxBytes?: number | undefined;
  /** Maximum number of idempotency keys in a partition; beyond it new ones are refused. */
  readonly maxKeys: number;
};
