import type { RedisConnection } from './connection.ts';
import { createGroup } from './create-group.ts';
import { group, type Partition } from './partition.ts';
import { removeConsumer } from './remove-consumers.ts';
import { hasReplyCode } from './reply-error.ts';

/** An entry as it came from the stream, not yet checked. */
export type RawEntry = { readonly id: string; readonly fields: Readonly<Record<string, string>> };

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

  return {
    readNew: (blockMs) =>
      withGroup(async () => {
        const reply = await connection.run(
          stream,
          (client) =>
            client.xReadGroup(group, consumer, { key: stream, id: '>' }, { COUNT: maxEntries, BLOCK: blockMs }),
          blockMs + replyWithinMs,
        );
        // Its typings leave open what a message is.
        const messages: unknown = reply?.[0]?.messages ?? [];
        if (!Array.isArray(messages) || !messages.every(isMessage))
          throw new TypeError('Redis did not answer with entries');
        return messages.map(toRawEntry);
      }),

    takeOver: (idleMs) =>
      withGroup(async () => {
        await showActivity();
        let cursor = '0-0';
        do {
          // Ids whose entries are gone from the stream were recorded and deleted; XAUTOCLAIM drops them from the group.
          // oxlint-disable-next-line no-await-in-loop -- each scan begins where the one before ended
          const reply = await connection.run(
            stream,
            (client) => client.xAutoClaim(stream, group, consumer, idleMs, cursor, { COUNT: maxEntries }),
            replyWithinMs,
          );
          const taken = reply.messages.filter((message) => message !== null);
          if (taken.length > 0) return taken.map(toRawEntry);
          cursor = reply.nextId;
        } while (cursor !== '0-0');
        return [];
      }),

    leave: () => removeConsumer(connection, partition, consumer),
  };
};

type Message = { id: string; message: Record<string, string> };

const isMessage = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string' && 'message' in value;

const toRawEntry = ({ id, message }: Message): RawEntry => ({
  id,
  fields: message,
});
