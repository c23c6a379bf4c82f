import * as z from 'zod';

const serverlessQueue = z.strictObject({
  kind: z
    .literal('serverless')
    .describe(
      '`serverless`: Valkey scales by itself, but a failed node may lose writes. `nodes`: Valkey on nodes of `nodeType`',
    ),
  maxStorageGb: z
    .int()
    .min(1)
    .max(5_000)
    .describe('Maximum data in GB; beyond it, Valkey refuses writes or evicts keys with an expiry'),
  maxEcpuPerSecond: z
    .int()
    .min(1_000)
    .max(15_000_000)
    .describe('Maximum requests a second (ECPU); beyond it, Valkey throttles them'),
});

const durableFamilies = ['r6g', 'r7g', 'm6g', 'm7g', 'c7gn'];

/** Families and sizes whose shards ElastiCache adds ("Auto Scaling Valkey and Redis OSS clusters"). */
const scaledFamilies = [
  ...['r8g', 'r8gd', 'r7g', 'r7gd', 'r6g', 'r6gd', 'r5'],
  ...['m8g', 'm7g', 'm6g', 'm5', 'c8gn', 'c7gn'],
];
const scaledSizes = ['large', 'xlarge', '2xlarge'];

const isScaled = (nodeType: string): boolean => {
  const [, family = '', size = ''] = nodeType.split('.');
  return scaledFamilies.includes(family) && scaledSizes.includes(size);
};

const nodesQueue = z
  .strictObject({
    kind: z.literal('nodes'),
    nodeType: z
      .string()
      .regex(/^cache\.[a-z0-9]+\.[a-z0-9]+$/, 'must be like cache.m7g.large')
      .describe('Instance type of each node'),
    minShards: z.int().min(1).max(90).describe('Minimum number of shards'),
    maxShards: z
      .int()
      .min(1)
      .max(90)
      .describe(
        'Maximum number of shards, reached when they are busy or full; also the number of partitions; equal to `minShards`, the queue does not scale',
      ),
    replicasPerShard: z
      .int()
      .min(1)
      .max(5)
      .describe('Replicas of each shard in other zones; one takes over when the primary fails'),
    durability: z
      .enum(['sync', 'async', 'disabled'])
      .describe(
        '`sync`: Valkey acknowledges a write once two zones have it on disk; `async`: it reaches the disk up to 10 s later',
      ),
  })
  .refine(
    ({ durability, nodeType }) => durability === 'disabled' || durableFamilies.includes(nodeType.split('.')[1] ?? ''),
    {
      error: `durability needs one of ${durableFamilies.join(', ')} ("Limitations" of durability in the ElastiCache guide)`,
      path: ['nodeType'],
    },
  )
  .refine(({ minShards, maxShards, nodeType }) => maxShards <= minShards || isScaled(nodeType), {
    error: `more shards than minShards need a ${scaledSizes.join(', ')} of ${scaledFamilies.join(', ')} ("Auto Scaling" in the ElastiCache guide)`,
    path: ['maxShards'],
  })
  .refine(({ minShards, maxShards }) => minShards <= maxShards, {
    error: 'must not be less than minShards',
    path: ['maxShards'],
  });

/** The schema of the queue of an environment. */
export const queueSchema = z.discriminatedUnion('kind', [serverlessQueue, nodesQueue]).describe('Queue');
