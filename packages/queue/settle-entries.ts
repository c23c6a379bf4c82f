import type { RedisConnection } from './connection.ts';
import { group, type Partition } from './partition.ts';
import type { RawEntry } from './read-entries.ts';
import { defineScript, runScript } from './script.ts';

const replyWithinMs = 3_000;

/**
 * Removes recorded entries from the partition. XDEL first: a crash between the two leaves an id that XAUTOCLAIM cleans up,
 * while XACK first would leave an entry that nobody claims. A plain pipeline: Redis refuses MULTI and scripts when it is
 * full, and a full queue could then never drain. Throws when either failed; it may be repeated.
 */
export const settleEntries = async (
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

/** KEYS: the stream, the dead letters. ARGV: the group, the entry's id, the reason. In Redis, so that fields which are not UTF-8 or have the same name stay as they are. */
const bury = defineScript(`
local entry = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])[1]
if entry then
  redis.call('XADD', KEYS[2], '*', 'entry', ARGV[2], 'reason', ARGV[3], unpack(entry[2]))
  redis.call('XDEL', KEYS[1], ARGV[2])
end
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
`);

/**
 * Moves an entry that cannot be parsed to the partition's dead letters, with its id and the reason before its fields. It is in exactly one of
 * the two. A full Redis refuses this; the entry then stays pending and is tried again when it is taken over.
 */
export const buryEntry = async (
  connection: RedisConnection,
  { stream, deadLetters }: Partition,
  entry: RawEntry,
  reason: string,
): Promise<void> => {
  await runScript(connection, bury, [stream, deadLetters], [group, entry.id, reason], replyWithinMs);
};
