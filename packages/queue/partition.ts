import { slotCount, slotOf } from './slot.ts';

/** The consumer group of every partition. */
export const group = 'ledger';

/** The Redis keys of one partition. The braces are a hash tag: they keep all its keys in one slot of a cluster. */
export type Partition = { readonly stream: string; readonly deadLetters: string };

/** The partition whose stream is `stream`. */
export const partitionOfStream = (stream: string): Partition => ({ stream, deadLetters: `${stream}:dead` });

/**
 * Partition `index` of the `count` that the queue called `queueName` has. Its slot lies in the `index`-th of `count` equal parts of all slots, so
 * that partitions spread evenly over a cluster's shards: the tag is `name:index`, or the first of `name:index-1`, `name:index-2`, … that does.
 *
 * @internal Others name all partitions of a queue at once.
 */
export const partitionOf = (queueName: string, index: number, count = 1): Partition => {
  for (let suffix = 0; ; suffix++) {
    const stream = `{${queueName}:${index}${suffix === 0 ? '' : `-${suffix}`}}`;
    if (Math.floor((slotOf(stream) * count) / slotCount) === index) return partitionOfStream(stream);
  }
};

/** All `count` partitions of the queue called `queueName`. */
export const partitionsOf = (queueName: string, count: number): Partition[] =>
  Array.from({ length: count }, (_, index) => partitionOf(queueName, index, count));
