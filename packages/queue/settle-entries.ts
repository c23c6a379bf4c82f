import type { RedisConnection } from './connection.ts';
import { group, type Partition } from './partition.ts';
import type { RawEntry } from './read-entries.ts';

const replyWithinMs = 3_000;

/**
 * Removes recorded entries from the partition. XDEL first: a crash between the two leaves an id that XAUTOCLAIM cleans up,
 * while XACK first would leave an entry that nobody claims. A plain pipeline: Redis refuses MULTI and scripts when it is
 * full, and a full queue could then never drain.
 */
export const settleEntries = async (
  connection: RedisConnection,
  { stream }: Partition,
  ids: readonly string[],
): Promise<void> => {
  await connection.run(
    (client) =>
      client
        .multi()
        .xDel(stream, [...ids])
        .xAck(stream, group, [...ids])
        .execAsPipeline(),
    replyWithinMs,
  );
};

/**
 * Moves an entry that cannot be parsed to the partition's dead letters, with the reason. MULTI: it is in exactly one of
 * the two. A full Redis refuses this; the entry then stays pending and is tried again when it is taken over.
 */
export const buryEntry = async (
  connection: RedisConnection,
  { stream, deadLetters }: Partition,
  entry: RawEntry,
  reason: string,
): Promise<void> => {
  await connection.run(
    (client) =>
      client
        .multi()
        .xAdd(deadLetters, '*', { entry: entry.id, reason, fields: JSON.stringify(entry.fields) })
        .xDel(stream, entry.id)
        .xAck(stream, group, entry.id)
        .exec(),
    replyWithinMs,
  );
};
