import type { RedisConnection } from '../redis/connection.ts';
import { createGroup } from './create-group.ts';
import { group, type Partition } from '../partition.ts';
import { removeConsumer } from './remove-consumers.ts';
import { hasReplyCode } from '../redis/reply-error.ts';
import { runScript } from '../redis/script.ts';
import { isOversize, takeIdle, takeNew } from './take-scripts.ts';

/** An entry as it came from the stream, not yet checked. */
export type RawEntry = {
  readonly id: string;
  readonly fields: Readonly<Record<string, string>>;
  /** True if the entry is too large to be read: it then has no fields here. */
  readonly isOversize?: boolean;
};

/** How one consumer takes entries out of one partition. */
export type EntryReader = {
  /** Entries that no consumer has seen; waits up to `blockMs` for the first, then answers with none. */
  readonly readNew: (blockMs: number) => Promise<RawEntry[]>;
  /** Entries that were delivered more than `idleMs` ago and never acknowledged: their consumer is dead, or stuck. */
  readonly takeOver: (idleMs: number) => Promise<RawEntry[]>;
  /** Takes this consumer's name out of the group, unless it still has entries. Nothing may be read after it. */
  readonly leave: () => Promise<void>;
};

type EntryReaderSettings = {
  /** A connection for blocking reads alone: whatever shares it waits for them. */
  readonly connection: RedisConnection;
  readonly partition: Partition;
  /** The name of this consumer in the group; unique per process. */
  readonly consumer: string;
  /** The most entries of one answer. */
  readonly maxEntries: number;
};

const replyWithinMs = 3_000;
// No entry has an id behind it, so that asking for this consumer's own answers with none. One below the very last, which is how Redis
// writes `>` to itself: it would deliver new entries.
const lastId = '18446744073709551615-18446744073709551614';

/** Makes the reader of one partition. The group is created when it is missing, at run time too: a restarted Redis may have lost it. */
export const createEntryReader = ({
  connection,
  partition,
  consumer,
  maxEntries,
}: EntryReaderSettings): EntryReader => {
  const { stream } = partition;

  const withGroup = async <T>(read: () => Promise<T>): Promise<T> => {
    try {
      return await read();
    } catch (error) {
      if (!hasReplyCode(error, 'NOGROUP')) throw error;
      await createGroup(connection, partition);
      return read();
    }
  };

  /** Redis before 7.2 takes a read of new entries, or a takeover, that finds none for no activity; a read of one's own entries it counts. */
  const showActivity = () =>
    connection.run(stream, (client) => client.xReadGroup(group, consumer, { key: stream, id: lastId }), replyWithinMs);

  /**
   * Waits for one entry, because nothing tells how large it is before it is here, or how many came at once. The next
   * read takes those that came with it.
   */
  const waitForOne = async (blockMs: number): Promise<RawEntry[]> => {
    const reply = await connection.run(
      stream,
      (client) => client.xReadGroup(group, consumer, { key: stream, id: '>' }, { COUNT: 1, BLOCK: blockMs }),
      blockMs + replyWithinMs,
    );
    const messages: unknown = reply?.[0]?.messages ?? [];
    return listOf(messages).map(toRawEntry);
  };

  return {
    readNew: (blockMs) =>
      withGroup(async () => {
        const args = [group, consumer, String(maxEntries)];
        const entries = parseEntries(await runScript(connection, takeNew, [stream], args, replyWithinMs));
        return entries.length > 0 ? entries : waitForOne(blockMs);
      }),

    takeOver: (idleMs) =>
      withGroup(async () => {
        await showActivity();
        let cursor = '0-0';
        do {
          const args = [group, consumer, String(idleMs), cursor, String(maxEntries)];
          // Ids whose entries are gone from the stream were recorded and deleted; XAUTOCLAIM drops them from the group.
          // oxlint-disable-next-line no-await-in-loop -- each scan begins where the one before ended
          const reply = await runScript(connection, takeIdle, [stream], args, replyWithinMs);
          const [next, taken] = listOf(reply);
          const entries = parseEntries(taken);
          if (entries.length > 0) return entries;
          cursor = String(next);
        } while (cursor !== '0-0');
        return [];
      }),

    leave: () => removeConsumer(connection, partition, consumer),
  };
};

const listOf = (reply: unknown): unknown[] => {
  if (Array.isArray(reply)) return reply;
  throw new TypeError('Redis did not answer with entries');
};

/** Entries as the scripts answer with them. */
const parseEntries = (reply: unknown): RawEntry[] =>
  listOf(reply).map((item) => {
    const [id, list] = listOf(item);
    if (list === 0) return { id: String(id), fields: {}, isOversize: true };
    const texts = listOf(list).map(String);
    const pairs = Array.from(
      { length: texts.length / 2 },
      (_, at) => [texts[2 * at] ?? '', texts[2 * at + 1] ?? ''] as const,
    );
    return { id: String(id), fields: Object.fromEntries(pairs) };
  });

/** The fields of entries as node-redis answers with them; its typings leave open what a message is. */
const toRawEntry = (item: unknown): RawEntry => {
  if (typeof item !== 'object' || item === null || !('id' in item) || !('message' in item)) {
    throw new TypeError('Redis did not answer with entries');
  }
  const id = String(item.id);
  const parts = Object.entries(item.message ?? {}).map(([name, value]) => [name, String(value)] as const);
  const bytes = parts.reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value), 0);
  if (isOversize(bytes, parts.length)) return { id, fields: {}, isOversize: true };
  return { id, fields: Object.fromEntries(parts) };
};
