import { replyWithinMs, type RedisConnection } from '../redis/connection.ts';
import { group, type Partition } from '../partition.ts';
import type { RawEntry } from './read-entries.ts';
import { runScript } from '../redis/script.ts';
import { moveToDeadLetters } from './take-scripts.ts';

/**
 * Removes recorded entries from the partition. XDEL comes first: a crash between the two leaves an
 * id, which XAUTOCLAIM cleans up. With XACK first, a crash would leave an entry that no consumer
 * claims. A plain pipeline is necessary: a full Redis refuses MULTI and scripts, so a full queue
 * could never drain. Throws when either command failed. The call may be repeated.
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
 * Moves an entry that cannot be parsed to the partition's dead letters. Its id and the reason come
 * before its fields. An entry that is too large to be read loses its fields, and the reason says
 * so. The entry is always in exactly one of the two.
 */
export const deadLetterEntry = async (
  connection: RedisConnection,
  { stream, deadLetters }: Partition,
  entry: RawEntry,
  reason: string,
): Promise<void> => {
  await runScript(connection, moveToDeadLetters, [stream, deadLetters], [group, entry.id, reason], replyWithinMs);
};
