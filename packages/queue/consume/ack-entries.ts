import { replyWithinMs, type RedisConnection } from '../redis/connection.ts';
import { group, type Partition } from '../partition.ts';
import { runScript } from '../redis/script.ts';
import { moveToDeadLetters, splitInTwo } from './take-scripts.ts';

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
  id: string,
  reason: string,
): Promise<void> => {
  await runScript(connection, moveToDeadLetters, [stream, deadLetters], [group, id, reason], replyWithinMs);
};

/**
 * Replaces an entry by two with the given fields, in one step. Does nothing if another consumer did
 * it before.
 */
export const replaceEntry = async (
  connection: RedisConnection,
  { stream }: Partition,
  id: string,
  [first, second]: readonly [Record<string, string>, Record<string, string>],
): Promise<void> => {
  const fields = Object.entries(first).flat();
  const args = [group, id, String(fields.length), ...fields, ...Object.entries(second).flat()];
  await runScript(connection, splitInTwo, [stream], args, replyWithinMs);
};
