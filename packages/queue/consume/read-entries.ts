import { replyWithinMs, type RedisConnection } from '../redis/connection.ts';
import { createGroup } from './create-group.ts';
import { group, type Partition } from '../partition.ts';
import { removeConsumer } from './remove-consumers.ts';
import { hasReplyCode } from '../redis/reply-error.ts';
import { runScript } from '../redis/script.ts';
import { isOversize, claimIdleEntries, takeNew } from './take-scripts.ts';

/** An entry as read from the stream, not yet checked. */
export type RawEntry = {
  readonly id: string;
  readonly fields: Readonly<Record<string, string>>;
  /** True if the entry is too large to be read. `fields` is then empty. */
  readonly isOversize?: boolean;
};

/** The reader of one partition for one consumer. */
export type EntryReader = {
  /**
   * Reads entries that no consumer has seen. Waits up to `blockMs` for the first, then returns
   * none.
   */
  readonly readNew: (blockMs: number) => Promise<RawEntry[]>;
  /**
   * Claims entries that were delivered more than `idleMs` ago and never acknowledged: their
   * consumer is dead or stuck.
   */
  readonly claimIdle: (idleMs: number) => Promise<RawEntry[]>;
  /** Removes this consumer from the group, unless it still has entries. No read may follow. */
  readonly leave: () => Promise<void>;
};

/** One blocking read that waits for the entries of several streams. */
export type SharedWait = {
  /** Takes what was delivered while no reader of the stream waited, at most one entry. */
  readonly take: (stream: string) => RawEntry[];
  /** Resolves to the next entry of a stream, or to none after `blockMs`. */
  readonly waitForOne: (stream: string, blockMs: number) => Promise<RawEntry[]>;
};

type EntryReaderSettings = {
  /**
   * Without `shared`, a connection for blocking reads only: other commands on it would wait for
   * them.
   */
  readonly connection: RedisConnection;
  /** The blocking read that this reader shares with those of other streams. */
  readonly shared?: SharedWait | undefined;
  readonly partition: Partition;
  /** The name of this consumer in the group; unique per process. */
  readonly consumer: string;
  /** Maximum number of entries in one result. */
  readonly maxEntries: number;
};

// No entry has a higher id, so a read of this consumer's own entries from here returns none. It is
// one below the highest id, which Redis uses internally for `>`: that would deliver new entries.
const lastId = '18446744073709551615-18446744073709551614';

/**
 * Creates the reader of one partition. It creates a missing group, also at run time: a restarted
 * Redis may have lost it.
 */
export const createEntryReader = ({
  connection,
  partition,
  consumer,
  maxEntries,
  shared,
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

  /**
   * Marks this consumer as active. Redis before 7.2 does not count a read of new entries, or a
   * claim, that finds none. It does count a read of the consumer's own entries.
   */
  const showActivity = () =>
    connection.run(stream, (client) => client.xReadGroup(group, consumer, { key: stream, id: lastId }), replyWithinMs);

  /**
   * Waits for one entry only, because the size and number of new entries are unknown until they
   * arrive. The next read takes the others that came with it.
   */
  const waitForOne = async (blockMs: number): Promise<RawEntry[]> => {
    const reply = await connection.run(
      stream,
      (client) => client.xReadGroup(group, consumer, { key: stream, id: '>' }, { COUNT: 1, BLOCK: blockMs }),
      blockMs + replyWithinMs,
    );
    const messages: unknown = reply?.[0]?.messages ?? [];
    return listOf(messages).map((item) => toRawEntry(item, stream));
  };

  return {
    readNew: (blockMs) =>
      withGroup(async () => {
        const args = [group, consumer, String(maxEntries)];
        const entries = parseEntries(await runScript(connection, takeNew, [stream], args, replyWithinMs));
        const delivered = shared?.take(stream) ?? [];
        if (entries.length > 0 || delivered.length > 0) return [...delivered, ...entries];
        return shared === undefined ? waitForOne(blockMs) : shared.waitForOne(stream, blockMs);
      }),

    claimIdle: (idleMs) =>
      withGroup(async () => {
        await showActivity();
        let cursor = '0-0';
        do {
          const args = [group, consumer, String(idleMs), cursor, String(maxEntries)];
          // Ids without an entry in the stream were recorded and deleted. XAUTOCLAIM drops them
          // from the group.
          const reply = await runScript(connection, claimIdleEntries, [stream], args, replyWithinMs);
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

/** Parses the entries in the reply of a script. */
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

/** Converts an entry from a node-redis reply, whose typings leave the type of a message open. */
export const toRawEntry = (item: unknown, stream: string): RawEntry => {
  if (typeof item !== 'object' || item === null || !('id' in item) || !('message' in item)) {
    throw new TypeError('Redis did not answer with entries');
  }
  const id = String(item.id);
  const parts = Object.entries(item.message ?? {}).map(([name, value]) => [name, String(value)] as const);
  const bytes = parts.reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value), 0);
  if (isOversize(stream, bytes, parts.length)) return { id, fields: {}, isOversize: true };
  return { id, fields: Object.fromEntries(parts) };
};
