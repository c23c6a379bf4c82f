/** The consumer group of every partition. */
export const group = 'ledger';

/** The Redis keys of one partition. The braces are a hash tag: they keep all its keys in one slot of a cluster. */
export type Partition = { readonly stream: string; readonly deadLetters: string };

/** The keys of partition `index` of the queue called `queueName`. */
export const partitionOf = (queueName: string, index: number): Partition => ({
  stream: `{${queueName}:${index}}`,
  deadLetters: `{${queueName}:${index}}:dead`,
});
