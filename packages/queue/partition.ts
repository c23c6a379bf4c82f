import { slotCount, slotOf } from './redis/slot.ts';

/** The consumer group of every partition. */
export const group = 'ledger';

/**
 * The Redis keys of one partition. The braces are a hash tag, which keeps all its keys in one slot
 * of a cluster.
 */
export type Partition = {
  readonly stream: string;
  readonly deadLetters: string;
  /** The beginning of the names of the records of idempotency keys. */
  readonly keyRecords: string;
};

/** Maximum number of partitions that a queue may have at a time. */
const maxPartitions = 64;

/**
 * Returns partition `index` of the `count` partitions of the queue `queueName`. Its slot is in the
 * `index`-th of `count` equal parts of all slots, so partitions spread evenly over the shards of a
 * cluster. The tag is `name:index`, or the first of `name:index-1`, `name:index-2`, … with such a
 * slot.
 *
 * @internal Other modules name all partitions of a queue at once.
 */
export const partitionOf = (queueName: string, index: number, count = 1): Partition =>
  findPartition(index, count, createTags(queueName));

/** Returns all `count` partitions of the queue `queueName`. */
export const partitionsOf = (queueName: string, count: number): Partition[] => {
  const tagsOf = createTags(queueName);
  return Array.from({ length: count }, (_, index) => findPartition(index, count, tagsOf));
};

/**
 * Returns every partition that the queue `queueName` can have, for any number of partitions. Those
 * of one partition come first, then those of two, and so on, each once. They are fewer than 1,500.
 */
export const possiblePartitionsOf = (queueName: string): Partition[] => {
  const tagsOf = createTags(queueName);
  const possible = new Map<string, Partition>();
  for (let count = 1; count <= maxPartitions; count++) {
    for (let index = 0; index < count; index++) {
      const partition = findPartition(index, count, tagsOf);
      if (!possible.has(partition.stream)) possible.set(partition.stream, partition);
    }
  }
  return [...possible.values()];
};

/**
 * Returns the part of a partition that belongs to a table: a stream and dead letters of its own in
 * the same slot. Its idempotency keys count with those of the partition. The name ends with a
 * brace, like those of all streams, so that the rights of the queue's users include it.
 */
export const tablePartitionOf = ({ stream, keyRecords }: Partition, table: string): Partition =>
  createPartition(`${stream}:{${table}}`, keyRecords);

const createPartition = (stream: string, keyRecords = stream): Partition => ({
  stream,
  deadLetters: `${stream}:dead`,
  keyRecords,
});

type Tag = { readonly stream: string; readonly slot: number };

const findPartition = (index: number, count: number, tagsOf: (index: number, suffix: number) => Tag): Partition => {
  for (let suffix = 0; ; suffix++) {
    const { stream, slot } = tagsOf(index, suffix);
    if (Math.floor((slot * count) / slotCount) === index) return createPartition(stream);
  }
};

/**
 * Creates the tags that a partition may have, each once: all partitions together try 80,000 times.
 */
const createTags = (queueName: string) => {
  const made: Tag[][] = [];
  return (index: number, suffix: number): Tag => {
    const tags = (made[index] ??= []);
    return (tags[suffix] ??= makeTag(queueName, index, suffix));
  };
};

const makeTag = (queueName: string, index: number, suffix: number): Tag => {
  const stream = `{${queueName}:${index}${suffix === 0 ? '' : `-${suffix}`}}`;
  return { stream, slot: slotOf(stream) };
};
