import { maxEntryBytes, maxEntryFields } from '@sluice/contract/entry.ts';
import { maxRowEntryBytes } from '@sluice/contract/row-entry.ts';
import { defineScript } from '../redis/script.ts';

// Both reading scripts stop after this many bytes, so that large entries neither block Redis nor
// fill the reader's memory. Rows take more memory in the reader and in MySQL.
const maxBytesLookedAt = 8_388_608;
const maxRowBytesLookedAt = 1_048_576;
// Redis copies each step into its memory before the sizes are known.
const mostOfCounts = 64;
const mostOfRows = 16;

// A part of the names of streams and dead letters with rows, and of no others.
const markOfRows = '}:{';

/** Maximum bytes of names and values of an entry of this stream. */
const maxEntryBytesOf = (stream: string): number => (stream.includes(markOfRows) ? maxRowEntryBytes : maxEntryBytes);

/** True if an entry is too large to be read. The scripts use the same limits. */
export const isOversize = (stream: string, bytes: number, fields: number): boolean =>
  bytes > maxEntryBytesOf(stream) || fields > maxEntryFields;

/**
 * Lua functions. `measure` returns the bytes of names and values from index `first` on, and true if
 * they are too large to be read. `take` adds the entry to `taken`: its id, then its fields or 0.
 */
export const measuring = `
local taken, looked = {}, 0
local has_rows = string.find(KEYS[1], '${markOfRows}', 1, true)
local max_bytes = has_rows and ${maxRowEntryBytes} or ${maxEntryBytes}
local max_looked = has_rows and ${maxRowBytesLookedAt} or ${maxBytesLookedAt}
local function measure(fields, first)
  local bytes = 0
  for at = first, #fields do bytes = bytes + #fields[at] end
  return bytes, bytes > max_bytes or #fields - first + 1 > ${2 * maxEntryFields}
end
local function take(entry)
  local bytes, is_oversize = measure(entry[2], 1)
  looked = looked + bytes
  taken[#taken + 1] = { entry[1], is_oversize and 0 or entry[2] }
end
`;

/**
 * Reads new entries. KEYS: the stream. ARGV: the group, the consumer, the maximum number of
 * entries. The steps grow, for counts from 16 to 64 entries and for rows from 1 to 16. An error after the first step is left to the next call.
 */
export const takeNew = defineScript(`${measuring}
local step, most = has_rows and 1 or 16, tonumber(ARGV[3])
local most_at_once = has_rows and ${mostOfRows} or ${mostOfCounts}
while #taken < most and looked < max_looked do
  local count = math.min(step, most - #taken)
  local reply = redis.pcall('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', count, 'STREAMS', KEYS[1], '>')
  if reply and reply.err and #taken == 0 then return reply end
  if not reply or reply.err then break end
  local entries = reply[1][2]
  for _, entry in ipairs(entries) do take(entry) end
  if #entries < count then break end
  step = math.min(step * 2, most_at_once)
end
return taken
`);

/**
 * Claims idle entries. KEYS: the stream. ARGV: the group, the consumer, the minimum idle time in
 * ms, the start of the scan, the maximum number of entries. Returns the start of the next scan, and
 * the entries. The script claims entries by id and then reads them one by one.
 */
export const claimIdleEntries = defineScript(`${measuring}
local cursor, most, calls = ARGV[4], tonumber(ARGV[5]), 0
repeat
  local reply = redis.pcall('XAUTOCLAIM', KEYS[1], ARGV[1], ARGV[2], ARGV[3], cursor, 'COUNT', 1, 'JUSTID')
  if reply.err and #taken == 0 then return reply end
  if reply.err then break end
  cursor, calls = reply[1], calls + 1
  for _, id in ipairs(reply[2]) do
    local entry = redis.call('XRANGE', KEYS[1], id, id)[1]
    if entry then take(entry) end
  end
until cursor == '0-0' or #taken == most or looked >= max_looked or calls == 1000
return { cursor, taken }
`);

// Lua: `move` moves an entry from the stream to the dead letters in one step. It returns 1 if the
// entry was in the stream. It runs in Redis, so that fields that are not UTF-8 or share a name stay
// unchanged.
const moving = `${measuring}
local function move(group, id, reason)
  local entry = redis.call('XRANGE', KEYS[1], id, id)[1]
  if entry then
    local fields = entry[2]
    local bytes, is_oversize = measure(fields, 1)
    if is_oversize then
      local lost = '; its ' .. #fields / 2 .. ' fields, ' .. bytes .. ' bytes, are not kept'
      redis.call('XADD', KEYS[2], '*', 'entry', id, 'reason', reason .. lost)
    else
      redis.call('XADD', KEYS[2], '*', 'entry', id, 'reason', reason, unpack(fields))
    end
    redis.call('XDEL', KEYS[1], id)
  end
  redis.call('XACK', KEYS[1], group, id)
  return entry and 1 or 0
end
`;

/**
 * Moves an entry to the dead letters. KEYS: the stream, the dead letters. ARGV: the group, the
 * entry's id, the reason. An entry that is too large to be read loses its fields: the dead letter
 * is smaller than the entry. A full Redis runs the script too.
 */
export const moveToDeadLetters = defineScript(`#!lua flags=allow-oom
${moving}
return move(ARGV[1], ARGV[2], ARGV[3])
`);

/**
 * Replaces an entry by two others. KEYS: the stream. ARGV: the group, the entry's id, the number of
 * fields and values of the first; then those of both. Does nothing if the entry is not there. A
 * full Redis runs the script too.
 */
export const splitInTwo = defineScript(`#!lua flags=allow-oom
local width = tonumber(ARGV[3])
local entry = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])[1]
if entry then
  redis.call('XADD', KEYS[1], '*', unpack(ARGV, 4, 3 + width))
  redis.call('XADD', KEYS[1], '*', unpack(ARGV, 4 + width))
  redis.call('XDEL', KEYS[1], ARGV[2])
end
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
return entry and 1 or 0
`);

/**
 * Moves any entry to the dead letters, like {@link moveToDeadLetters}. With `0` as the fourth of
 * ARGV, an entry that a consumer has stays. Returns `moved`, `missing` or `in flight`.
 */
export const moveByHand = defineScript(`#!lua flags=allow-oom
${moving}
if ARGV[4] == '0' then
  local pending = redis.pcall('XPENDING', KEYS[1], ARGV[1], ARGV[2], ARGV[2], 1)
  if not pending.err and #pending > 0 then return 'in flight' end
end
return move(ARGV[1], ARGV[2], ARGV[3]) == 1 and 'moved' or 'missing'
`);
