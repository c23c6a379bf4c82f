import { ErrorReply } from '@redis/client';
import type { Client } from '../redis/client.ts';
import type { AppendSettings } from './append-settings.ts';
import type { Partition } from '../partition.ts';
import { checkReplicas, waitArguments } from './replicas.ts';

/** The fields of one entry. */
export type Fields = Record<string, string>;

/** The entries of one pipeline to Redis: groups, each added whole or not at all. */
export type Groups = readonly (readonly Fields[])[];

/** The appender of pipelines into one partition. */
export type Appender = {
  /**
   * Adds all entries, unless the partition is full. Throws the error reply of Redis, or an error
   * when there was none.
   */
  readonly append: (groups: Groups, withinMs: number) => Promise<'acknowledged' | 'full'>;
};

type AppenderSettings = Pick<AppendSettings, 'connection' | 'ackReplicas' | 'maxBatches'> & {
  readonly partition: Partition;
};

// Number of producers that may fill a partition at the same pace before one must read its length.
const maxProducers = 64;

/**
 * Creates the appender of one partition. It reads the partition's length with a pipeline, only as
 * often as the remaining room requires. Without room it reads the length before each pipeline.
 */
export const createAppender = ({ connection, partition, ackReplicas, maxBatches }: AppenderSettings): Appender => {
  const { stream } = partition;
  let room = 0;
  // Entries of pipelines without a reply yet: a length may not include them.
  let inProgress = 0;

  const learnLength = (length: number) => {
    room = maxBatches - length - inProgress;
  };

  const append: Appender['append'] = async (groups, withinMs) => {
    const startedAt = performance.now();
    if (room <= 0) learnLength(await connection.run(stream, (client) => client.xLen(stream), withinMs));
    if (room <= 0) return 'full';
    const entries = groups.reduce((sum, group) => sum + group.length, 0);
    const asksLength = room <= entries * maxProducers;
    const remainingMs = Math.max(1, withinMs - (performance.now() - startedAt));
    room -= entries * maxProducers;
    inProgress += entries;
    let length: number | undefined;
    try {
      length = await connection.run(
        stream,
        (client) => sendOnce(client, { stream, groups, asksLength, ackReplicas, withinMs: remainingMs }),
        remainingMs,
      );
    } finally {
      inProgress -= entries;
    }
    if (length !== undefined) learnLength(length);
    return 'acknowledged';
  };

  return { append };
};

type Attempt = {
  readonly stream: string;
  readonly groups: Groups;
  readonly asksLength: boolean;
  readonly ackReplicas: number;
  readonly withinMs: number;
};

/** Sends a pipeline once. Returns the length of the stream if `asksLength`. */
const sendOnce = async (client: Client, attempt: Attempt): Promise<number | undefined> => {
  const { stream, groups, asksLength, ackReplicas, withinMs } = attempt;
  const [[single] = [], second] = groups;
  if (!asksLength && ackReplicas === 0 && single !== undefined && groups[0]?.length === 1 && second === undefined) {
    await client.xAdd(stream, '*', single);
    return undefined;
  }
  // One pipeline: node-redis drops it as a whole when the connection breaks. So WAIT is never
  // written by another connection than XADD.
  const pipeline = client.multi();
  for (const group of groups) {
    const isTransaction = group.length > 1;
    if (isTransaction) pipeline.addCommand(['MULTI']);
    for (const fields of group) pipeline.xAdd(stream, '*', fields);
    if (isTransaction) pipeline.addCommand(['EXEC']);
  }
  if (asksLength) pipeline.xLen(stream);
  if (ackReplicas > 0) pipeline.addCommand(waitArguments(ackReplicas, withinMs));
  const replies: unknown[] = await pipeline.execAsPipeline();
  for (const reply of replies) checkTransaction(reply);
  if (ackReplicas > 0) checkReplicas(replies.pop(), ackReplicas);
  const length = asksLength ? replies.pop() : undefined;
  return typeof length === 'number' ? length : undefined;
};

/** Throws the first error within an EXEC reply: a failed command does not fail EXEC itself. */
const checkTransaction = (reply: unknown): void => {
  if (!Array.isArray(reply)) return;
  for (const part of reply) if (part instanceof ErrorReply) throw part;
};
