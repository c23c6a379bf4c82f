import type { RedisConnection } from '../redis/connection.ts';
import { group, type Partition } from '../partition.ts';
import type { RawEntry } from './read-entries.ts';
import { runScript } from '../redis/script.ts';
import { moveToDeadLetters } from './take-scripts.ts';

const replyWithinMs = 3_000;

/**
 * Removes recorded entries from the partition. XDEL first: a crash between the two leaves an id that XAUTOCLAIM cleans up,
 * while XACK first would leave an entry that nobody claims. A plain pipeline: Redis refuses MULTI and scripts when it is
 * full, and a full queue could then never drain. Throws when either failed; it may be repeated.
 */
export const ackEntries = async (
  connection: RedisConnection,
  { stream }: Partition,
  ids: readonly string[],
): Promise<void> => {
  await connection.run(
    stream,
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
 * Moves an entry that cannot be parsed to the partition's dead letters, with its id and the reason before its fields; an entry that
 * is too large to be read goes without its fields, and the reason says so. It is in exactly one of the two.
 */
export const deadLetterEntry = async (
  connection: RedisConnection,
  { stream, deadLetters }: Partition,
  entry: RawEntry,
  reason: string,
): Promise<void> => {
  await runScript(connection, moveToDeadLetters, [stream, deadLetters], [group, entry.id, reason], replyWithinMs);
};
