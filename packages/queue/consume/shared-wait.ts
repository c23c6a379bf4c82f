import { sleep } from '@sluice/async/sleep.ts';
import { group, type Partition } from '../partition.ts';
import { replyWithinMs, type RedisConnection } from '../redis/connection.ts';
import { hasReplyCode } from '../redis/reply-error.ts';
import { createGroup } from './create-group.ts';
import { toRawEntry, type RawEntry, type SharedWait } from './read-entries.ts';

type SharedWaitSettings = {
  /** A connection for this blocking read only. */
  readonly connection: RedisConnection;
  /** Streams of one slot. */
  readonly partitions: readonly Partition[];
  /** The name of this consumer in the group of each stream. */
  readonly consumer: string;
  /** True while the entries of a stream must not be taken. */
  readonly isPaused: (stream: string) => boolean;
};

// A stream whose reader starts to wait during a read is not part of it, so each read is short.
const readMs = 250;
const retryAfterMs = 500;
// After 15 s another consumer may claim an entry that nobody took here, and record it.
const staleAfterMs = 10_000;

/**
 * Waits for entries of several streams with one connection, however many streams there are. Each
 * stream has at most one entry that its reader has not taken yet. While it has one, it is not read,
 * so a table that cannot be recorded does not keep the others waiting. `ended` resolves after
 * `stopping` was aborted.
 */
export const createSharedWait = (
  { connection, partitions, consumer, isPaused }: SharedWaitSettings,
  stopping: AbortSignal,
): SharedWait & { readonly ended: Promise<void> } => {
  const hand = createHandover(stopping);

  const read = async (open: readonly [Partition, ...Partition[]]) => {
    const streams = open.map(({ stream }) => ({ key: stream, id: '>' }));
    const reply = await connection.run(
      open[0].stream,
      (client) => client.xReadGroup(group, consumer, streams, { COUNT: 1, BLOCK: readMs }),
      readMs + replyWithinMs,
    );
    for (const { name, messages } of reply ?? []) {
      const stream = String(name);
      for (const message of messages) hand.deliver(stream, toRawEntry(message, stream));
    }
  };

  const run = async () => {
    while (!stopping.aborted) {
      const taken = hand.nextTaken();
      const [first, ...more] = partitions.filter(({ stream }) => !hand.has(stream) && !isPaused(stream));
      try {
        // A pause may end without an entry being taken.
        if (first === undefined) await Promise.race([taken, sleep(readMs, stopping)]);
        else await read([first, ...more]);
      } catch (error) {
        if (stopping.aborted) return;
        // The readers report the state of the queue. A restarted Redis may have lost a group.
        if (hasReplyCode(error, 'NOGROUP')) {
          const made = await Promise.allSettled(partitions.map((partition) => createGroup(connection, partition)));
          // A full Redis makes no group.
          if (made.some(({ status }) => status === 'rejected')) await sleep(retryAfterMs, stopping);
        } else await sleep(retryAfterMs, stopping);
      }
    }
  };

  return { take: hand.take, waitForOne: hand.waitForOne, ended: run() };
};

/** Hands entries over to the readers of their streams, to one that waits if there is one. */
const createHandover = (stopping: AbortSignal) => {
  const delivered = new Map<string, { readonly entry: RawEntry; readonly at: number }>();
  const readers = new Map<string, Set<(entries: RawEntry[]) => void>>();
  let onTaken = Promise.withResolvers<void>();
  stopping.addEventListener('abort', () => onTaken.resolve());

  const take: SharedWait['take'] = (stream) => {
    const found = delivered.get(stream);
    if (found === undefined) return [];
    delivered.delete(stream);
    onTaken.resolve();
    // A stale one is still pending, so it is claimed.
    return performance.now() - found.at < staleAfterMs ? [found.entry] : [];
  };

  const waitForOne: SharedWait['waitForOne'] = (stream, blockMs) => {
    const taken = take(stream);
    if (taken.length > 0 || stopping.aborted) return Promise.resolve(taken);
    return new Promise((resolve) => {
      const waiting = readers.get(stream) ?? new Set();
      readers.set(stream, waiting);
      const finish = (entries: RawEntry[]) => {
        clearTimeout(timer);
        waiting.delete(finish);
        stopping.removeEventListener('abort', onStop);
        resolve(entries);
      };
      const onStop = () => finish([]);
      const timer = setTimeout(() => finish([]), blockMs);
      stopping.addEventListener('abort', onStop);
      waiting.add(finish);
    });
  };

  return {
    take,
    waitForOne,
    has: (stream: string) => delivered.has(stream),
    deliver: (stream: string, entry: RawEntry) => {
      const [reader] = readers.get(stream) ?? [];
      if (reader === undefined) delivered.set(stream, { entry, at: performance.now() });
      else reader([entry]);
    },
    /** Resolves when an entry is taken, or the process stops. */
    nextTaken: (): Promise<void> => {
      onTaken = Promise.withResolvers();
      if (stopping.aborted) onTaken.resolve();
      return onTaken.promise;
    },
  };
};
