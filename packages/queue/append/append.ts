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

type AppenderSettings = Pick<AppendSettings<never>, 'connection' | 'ackReplicas' | 'maxBatches' | 'maxBytes'> & {
  readonly partition: Partition;
};

// Number of producers that may fill a partition at the same pace before one must read its length.
const maxProducers = 64;

/**
 * Creates the appender of one partition. It reads the partition's length, and with `maxBytes` its
 * memory, with a pipeline, only as often as the remaining room requires. Without room it reads them
 * before each pipeline.
 */
export const createAppender = (settings: AppenderSettings): Appender => {
  const { connection, partition, ackReplicas, maxBatches, maxBytes = Infinity } = settings;
  const { stream } = partition;
  const limitsBytes = maxBytes !== Infinity;
  let room = 0;
  let roomBytes = limitsBytes ? 0 : Infinity;
  // Entries and bytes of pipelines without a reply yet: a length may not include them.
  let inProgress = 0;
  let bytesInProgress = 0;

  const learnUsage = ({ length, bytes }: Usage) => {
    room = maxBatches - length - inProgress;
    if (limitsBytes) roomBytes = maxBytes - bytes - bytesInProgress;
  };

  const append: Appender['append'] = async (groups, withinMs) => {
    const startedAt = performance.now();
    const isFull = () => room <= 0 || roomBytes <= 0;
    if (isFull()) {
      learnUsage(await connection.run(stream, (client) => readUsage(client, stream, limitsBytes), withinMs));
    }
    if (isFull()) return 'full';
    const entries = groups.reduce((sum, group) => sum + group.length, 0);
    const bytes = limitsBytes ? bytesOf(groups) : 0;
    const asksLength = room <= entries * maxProducers;
    const asksBytes = limitsBytes && (asksLength || roomBytes <= bytes * maxProducers);
    const remainingMs = Math.max(1, withinMs - (performance.now() - startedAt));
    const attempt = {
      stream,
      groups,
      asksLength: asksLength || asksBytes,
      asksBytes,
      ackReplicas,
      withinMs: remainingMs,
    };
    room -= entries * maxProducers;
    roomBytes -= bytes * maxProducers;
    inProgress += entries;
    bytesInProgress += bytes;
    let usage: Usage | undefined;
    try {
      usage = await connection.run(stream, (client) => sendOnce(client, attempt), remainingMs);
    } finally {
      inProgress -= entries;
      bytesInProgress -= bytes;
    }
    if (usage !== undefined) learnUsage(usage);
    return 'acknowledged';
  };

  return { append };
};

type Attempt = {
  readonly stream: string;
  readonly groups: Groups;
  readonly asksLength: boolean;
  /** True only with `asksLength`. */
  readonly asksBytes: boolean;
  readonly ackReplicas: number;
  readonly withinMs: number;
};

/** The entries of a partition and their memory. */
type Usage = { readonly length: number; readonly bytes: number };

const readUsage = async (client: Client, stream: string, limitsBytes: boolean): Promise<Usage> => {
  const [length, bytes] = await Promise.all([client.xLen(stream), limitsBytes ? client.memoryUsage(stream) : 0]);
  return { length, bytes: bytes ?? 0 };
};

const bytesOf = (groups: Groups): number =>
  groups.reduce((sum, group) => sum + group.reduce((bytes, { v = '' }) => bytes + Buffer.byteLength(v), 0), 0);

/** Sends a pipeline once. Returns the usage of the stream if it asks for it. */
const sendOnce = async (client: Client, attempt: Attempt): Promise<Usage | undefined> => {
  const { stream, groups, asksLength, asksBytes, ackReplicas, withinMs } = attempt;
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
  if (asksBytes) pipeline.memoryUsage(stream);
  if (ackReplicas > 0) pipeline.addCommand(waitArguments(ackReplicas, withinMs));
  const replies: unknown[] = await pipeline.execAsPipeline();
  for (const reply of replies) checkTransaction(reply);
  if (ackReplicas > 0) checkReplicas(replies.pop(), ackReplicas);
  // MEMORY USAGE answers nil for a stream that does not exist.
  const bytes = asksBytes ? Number(replies.pop() ?? 0) : 0;
  const length = asksLength ? replies.pop() : undefined;
  return typeof length === 'number' ? { length, bytes } : undefined;
};

/** Throws the first error within an EXEC reply: a failed command does not fail EXEC itself. */
const checkTransaction = (reply: unknown): void => {
  if (!Array.isArray(reply)) return;
  for (const part of reply) if (part instanceof ErrorReply) throw part;
};
