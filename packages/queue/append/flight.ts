import { ErrorReply } from '@redis/client';
import type { Client } from '../redis/client.ts';
import type { RedisConnection } from '../redis/connection.ts';
import type { Partition } from '../partition.ts';
import { checkReplicas, waitArguments } from './replicas.ts';

/** The fields of one entry. */
export type Fields = Record<string, string>;

/** What is sent to Redis together: groups of entries, each group added whole or not at all. */
export type Flight = readonly (readonly Fields[])[];

/** The way of flights into one partition. */
export type Sender = {
  /** Adds all entries, unless the partition is full. Throws what Redis answered, or that it did not. */
  readonly send: (flight: Flight, withinMs: number) => Promise<'acknowledged' | 'full'>;
};

type SenderSettings = {
  readonly connection: RedisConnection;
  readonly partition: Partition;
  readonly ackReplicas: number;
  readonly maxBatches: number;
};

// How many producers may fill a partition at the same pace before one of them must look how full it is.
const mostProducers = 64;

/**
 * Makes the sender of one partition. It learns the partition's length along with a flight, and only as often as the room that was left makes necessary;
 * when there is none it asks before each flight.
 */
export const createSender = ({ connection, partition, ackReplicas, maxBatches }: SenderSettings): Sender => {
  const { stream } = partition;
  let room = 0;
  // Entries of flights whose replies have not come: a length may be without them.
  let underWay = 0;

  const learnLength = (length: number) => {
    room = maxBatches - length - underWay;
  };

  const send: Sender['send'] = async (flight, withinMs) => {
    const startedAt = performance.now();
    if (room <= 0) learnLength(await connection.run(stream, (client) => client.xLen(stream), withinMs));
    if (room <= 0) return 'full';
    const entries = flight.reduce((sum, group) => sum + group.length, 0);
    const asksLength = room <= entries * mostProducers;
    const remainingMs = Math.max(1, withinMs - (performance.now() - startedAt));
    room -= entries * mostProducers;
    underWay += entries;
    let length: number | undefined;
    try {
      length = await connection.run(
        stream,
        (client) => sendOnce(client, { stream, flight, asksLength, ackReplicas, withinMs: remainingMs }),
        remainingMs,
      );
    } finally {
      underWay -= entries;
    }
    if (length !== undefined) learnLength(length);
    return 'acknowledged';
  };

  return { send };
};

type Attempt = {
  readonly stream: string;
  readonly flight: Flight;
  readonly asksLength: boolean;
  readonly ackReplicas: number;
  readonly withinMs: number;
};

/** Answers with the length of the stream where it was asked for. */
const sendOnce = async (client: Client, attempt: Attempt): Promise<number | undefined> => {
  const { stream, flight, asksLength, ackReplicas, withinMs } = attempt;
  const [[single] = [], second] = flight;
  if (!asksLength && ackReplicas === 0 && single !== undefined && flight[0]?.length === 1 && second === undefined) {
    await client.xAdd(stream, '*', single);
    return undefined;
  }
  // One chain: node-redis drops it as a whole when the connection breaks, so that WAIT is never written by another connection than XADD.
  const pipeline = client.multi();
  for (const group of flight) {
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

/** A command of a transaction that failed does not fail EXEC: its error is one of EXEC's replies. */
const checkTransaction = (reply: unknown): void => {
  if (!Array.isArray(reply)) return;
  for (const part of reply) if (part instanceof ErrorReply) throw part;
};
