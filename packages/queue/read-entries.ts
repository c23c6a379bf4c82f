import type { RedisConnection } from './connection.ts';
import { group, type Partition } from './partition.ts';

/** An entry as it came from the stream, not yet checked. */
export type RawEntry = { readonly id: string; readonly fields: Readonly<Record<string, string>> };

/** How one consumer takes entries out of one partition. */
export type EntryReader = {
  /** Entries that no consumer has seen; waits up to `blockMs` for the first, then answers with none. */
  readonly readNew: (blockMs: number) => Promise<RawEntry[]>;
  /** Entries that were delivered more than `idleMs` ago and never acknowledged: their consumer is dead, or stuck. */
  readonly takeOver: (idleMs: number) => Promise<RawEntry[]>;
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

/** Makes the reader of one partition. The group is created when it is missing, at run time too: a restarted Redis may have lost it. */
export const createEntryReader = ({ connection, partition, consumer, maxEntries }: EntryReaderSettings): EntryReader => {
  const { stream } = partition;

  const withGroup = async <T>(read: () => Promise<T>): Promise<T> => {
    try {
      return await read();
    } catch (error) {
      if (!hasReplyCode(error, 'NOGROUP')) throw error;
      await createGroup();
      return read();
    }
  };

  const createGroup = async () => {
    try {
      // From 0, not from $: what was added before the group existed must be delivered too.
      await connection.run((client) => client.xGroupCreate(stream, group, '0', { MKSTREAM: true }), replyWithinMs);
    } catch (error) {
      if (!hasReplyCode(error, 'BUSYGROUP')) throw error;
    }
  };

  return {
    readNew: (blockMs) =>
      withGroup(async () => {
        const reply = await connection.run(
          (client) =>
            client.xReadGroup(group, consumer, { key: stream, id: '>' }, { COUNT: maxEntries, BLOCK: blockMs }),
          blockMs + replyWithinMs,
        );
        return (reply?.[0]?.messages ?? []).map(toRawEntry);
      }),

    takeOver: (idleMs) =>
      withGroup(async () => {
        let cursor = '0-0';
        do {
          // Ids whose entries are gone from the stream were recorded and deleted; XAUTOCLAIM drops them from the group.
          // oxlint-disable-next-line no-await-in-loop -- each scan begins where the one before ended
          const reply = await connection.run(
            (client) => client.xAutoClaim(stream, group, consumer, idleMs, cursor, { COUNT: maxEntries }),
            replyWithinMs,
          );
          const taken = reply.messages.filter((message) => message !== null);
          if (taken.length > 0) return taken.map(toRawEntry);
          cursor = reply.nextId;
        } while (cursor !== '0-0');
        return [];
      }),
  };
};

const toRawEntry = ({ id, message }: { id: string; message: Record<string, string> }): RawEntry => ({
  id,
  fields: message,
});

const hasReplyCode = (error: unknown, code: string): boolean =>
  error instanceof Error && error.message.startsWith(`${code} `);
