import { replyWithinMs, type RedisConnection } from '../redis/connection.ts';
import { group, type Partition } from '../partition.ts';
import { defineScript, runScript } from '../redis/script.ts';

/**
 * Removes consumers that have no entries. KEYS: the stream. ARGV: the group, the minimum idle time
 * in ms, the name of one consumer or an empty string for all. It is one script, because XGROUP
 * DELCONSUMER loses the entries that a consumer has.
 */
const removeWithoutEntries = defineScript(`
local consumers = redis.pcall('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])
if consumers.err then return 0 end
local removed = 0
for _, pairs in ipairs(consumers) do
  local consumer = {}
  for at = 1, #pairs, 2 do consumer[pairs[at]] = pairs[at + 1] end
  if consumer.pending == 0 and consumer.idle >= tonumber(ARGV[2]) and (ARGV[3] == '' or consumer.name == ARGV[3]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], consumer.name)
    removed = removed + 1
  end
end
return removed
`);

/** Removes a consumer from the group, unless it has entries. */
export const removeConsumer = async (
  connection: RedisConnection,
  { stream }: Partition,
  consumer: string,
): Promise<void> => {
  await runScript(connection, removeWithoutEntries, [stream], [group, '0', consumer], replyWithinMs);
};

/**
 * Removes the consumers that made no attempt for `idleMs` and have no entries. Returns their
 * number.
 */
export const removeIdleConsumers = async (
  connection: RedisConnection,
  { stream }: Partition,
  idleMs: number,
): Promise<number> =>
  Number(await runScript(connection, removeWithoutEntries, [stream], [group, String(idleMs), ''], replyWithinMs));
