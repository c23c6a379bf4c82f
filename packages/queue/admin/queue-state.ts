import type { Client } from '../redis/client.ts';
import type { RedisConnection } from '../redis/connection.ts';
import { group, type Partition } from '../partition.ts';
import { isPaused, readPausedTables } from './pause.ts';
import { hasReplyCode } from '../redis/reply-error.ts';

/** The state of the queue, summed over all partitions. */
export type QueueState = {
  /** Batches that are not recorded yet, including those in flight. */
  readonly waitingBatches: number;
  /** Age of the oldest of these batches in ms, by Redis's clock; 0 when there is none. */
  readonly oldestAgeMs: number;
  /** Batches that a consumer has read and not recorded yet. */
  readonly inFlightBatches: number;
  /** Consumers that made an attempt in the last 30 s. */
  readonly consumers: number;
  readonly deadLetters: number;
  readonly isPaused: boolean;
};

const stateWithinMs = 1_500;
const activeWithinMs = 30_000;

/**
 * Reads the state of the queue, or of the queue of a table, whose partitions they are: one or two
 * round trips per partition, all concurrent. Throws when a
 * partition does not answer.
 */
export const readQueueState = async (
  connection: RedisConnection,
  queueName: string,
  partitions: readonly Partition[],
  table?: string,
): Promise<QueueState> => {
  const [paused, pausedTables, ...states] = await Promise.all([
    isPaused(connection, queueName),
    table === undefined ? undefined : readPausedTables(connection, queueName),
    ...partitions.map(async (partition) =>
      connection.run(partition.stream, async (client) => readPartition(client, partition), stateWithinMs),
    ),
  ]);
  return {
    waitingBatches: sum(states.map(({ length }) => length)),
    oldestAgeMs: Math.max(0, ...states.map(({ ageMs }) => ageMs)),
    inFlightBatches: sum(states.map(({ pending }) => pending)),
    consumers: new Set(states.flatMap(({ activeConsumers }) => activeConsumers)).size,
    deadLetters: sum(states.map(({ deadLetters }) => deadLetters)),
    isPaused: paused || pausedTables?.has(table ?? '') === true,
  };
};

/** Joins the states of the queue of counts and of those of the tables, for the metrics of all. */
export const joinStates = (counts: QueueState, tables: readonly QueueState[]): QueueState => {
  const all = [counts, ...tables];
  return {
    waitingBatches: sum(all.map(({ waitingBatches }) => waitingBatches)),
    oldestAgeMs: Math.max(...all.map(({ oldestAgeMs }) => oldestAgeMs)),
    inFlightBatches: sum(all.map(({ inFlightBatches }) => inFlightBatches)),
    consumers: counts.consumers,
    deadLetters: sum(all.map(({ deadLetters }) => deadLetters)),
    isPaused: counts.isPaused,
  };
};

const readPartition = async (client: Client, { stream, deadLetters }: Partition) => {
  // Sent at once, but not as one pipeline: the two commands on a missing group fail.
  const [length, pending, consumers, dead, now] = await Promise.all([
    ifThere(client.xLen(stream)),
    ifThere(client.xPending(stream, group)),
    ifThere(client.xInfoConsumers(stream, group)),
    ifThere(client.xLen(deadLetters)),
    client.time(),
  ]);
  const oldest = length ? (pending?.firstId ?? (await readOldest(client, stream))) : undefined;
  const oldestMs = Number(oldest?.split('-')[0] ?? Infinity);
  return {
    length: length ?? 0,
    ageMs: Number(now[0]) * 1_000 + Number(now[1]) / 1_000 - oldestMs,
    pending: pending?.pending ?? 0,
    activeConsumers: (consumers ?? []).filter(({ idle }) => idle < activeWithinMs).map(({ name }) => name),
    deadLetters: dead ?? 0,
  };
};

/**
 * Reads the id of the oldest entry. Redis replies with the whole entry, however large it is. So
 * this is called only where no entry is pending: the oldest pending entry is older than every entry
 * that no consumer has.
 */
const readOldest = async (client: Client, stream: string): Promise<string | undefined> =>
  (await ifThere(client.xRange(stream, '-', '+', { COUNT: 1 })))?.[0]?.id;

/**
 * Returns the reply, or undefined where Redis has no stream or no group: no consumer has read yet,
 * Redis was flushed, or the key is of another type. An error of one key must not hide the other
 * partitions. The consumer of its partition reports it.
 */
const ifThere = async <T>(reply: Promise<T>): Promise<T | undefined> => {
  try {
    return await reply;
  } catch (error) {
    const isMissing = error instanceof Error && error.message === 'ERR no such key';
    if (isMissing || hasReplyCode(error, 'NOGROUP', 'WRONGTYPE')) return undefined;
    throw error;
  }
};

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
