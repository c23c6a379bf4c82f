import { createHash } from 'node:crypto';
import type { Partition } from '../partition.ts';
import { defineScript } from '../redis/script.ts';

/**
 * The records of idempotency keys, per partition. Time is divided into windows. Each window has one
 * hash of counters, and several hashes of records over which the keys are spread. All keys of a
 * window expire together, so no cleanup is needed.
 *
 * | Redis key | field | value |
 * | --- | --- | --- |
 * | `{partition}:keys:WINDOW:SHARD` | 16 bytes of the key's hash | 16 bytes of the body's hash |
 * | `{partition}:clients:WINDOW` | 16 bytes of the client's hash | its keys in the window |
 * | | `n` | all keys and clients in the window |
 *
 * A hash of at most 512 short fields is one block of memory (`hash-max-listpack-entries`), in which
 * a record takes about 40 bytes. In a larger one it takes about 107.
 */

/** The `Idempotency-Key` of a request. */
export type IdempotencyKey = {
  readonly key: string;
  /**
   * The namespace of the key: the same key in another one is another key. Clients without a token
   * share `''`.
   */
  readonly space: string;
  /** The table whose rows the request has. Undefined for counts. A key belongs to its table. */
  readonly table?: string;
  /** The client whose quota the key counts against. */
  readonly client: string;
};

/** Maximum memory in bytes that a key, or a client that has one, takes in Redis. Measured: 107. */
export const maxBytesPerKey = 128;

// A key is kept for 24 to 30 hours. The ledger keeps the ids of its batches for at least 48.
const windowSeconds = 6 * 3_600;
const keptSeconds = 24 * 3_600;
// A window's keys expire (30 h) before its number is used again (36 h).
const windows = 6;
const shards = 512;
const hashBytes = 16;

/**
 * Adds the entries of a request and the record of its key, once per key. KEYS: the stream; the hash
 * of records that the key belongs to, in each window; the counters of each window. ARGV: the hashes
 * of key, body and client; the maximum number of batches; the maximum number of keys; the number of
 * fields and values of an entry; then those of each entry.
 *
 * A client may have as many keys as there is room left for (the dynamic threshold of Choudhury and
 * Hahne, 1998). One client takes at most half of all keys, and two take a third each. There is
 * always room for another client.
 *
 * A repeat renews the existing expiry: WAIT waits only for what its own connection has written, and
 * a full Redis accepts PEXPIRE. A full Redis refuses the first other write, so all is written or
 * nothing.
 */
export const addOnce = defineScript(addOnceText());

/**
 * Adds rows like {@link addOnce}. The seventh of ARGV is the maximum memory of the stream in bytes,
 * and the entries follow it.
 */
export const addRowsOnce = defineScript(
  addOnceText({
    check: "if (redis.call('MEMORY', 'USAGE', KEYS[1]) or 0) >= tonumber(ARGV[7]) then return 'full' end\n",
    firstEntry: 8,
  }),
);

function addOnceText({ check, firstEntry } = { check: '', firstEntry: 7 }): string {
  return `
local windows = ${windows}
for i = 2, windows + 1 do
  local known = redis.call('HGET', KEYS[i], ARGV[1])
  if known then
    if known ~= ARGV[2] then return 'key_reused' end
    redis.call('PEXPIRE', KEYS[i], redis.call('PTTL', KEYS[i]))
    return 'acknowledged'
  end
end
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[4]) then return 'full' end
${check}local room, held = tonumber(ARGV[5]), 0
for i = windows + 2, #KEYS do
  local counters = redis.call('HMGET', KEYS[i], 'n', ARGV[3])
  room = room - tonumber(counters[1] or 0)
  held = held + tonumber(counters[2] or 0)
end
if room <= 0 then return 'keys_full' end
if held >= room then return 'key_quota_exceeded' end
local window = math.floor(redis.call('TIME')[1] / ${windowSeconds})
local expireAt = (window + 1) * ${windowSeconds} + ${keptSeconds}
local records = KEYS[2 + window % windows]
local clients = KEYS[2 + windows + window % windows]
redis.call('HSET', records, ARGV[1], ARGV[2])
redis.call('EXPIREAT', records, expireAt)
local isFirst = redis.call('HINCRBY', clients, ARGV[3], 1) == 1
redis.call('HINCRBY', clients, 'n', isFirst and 2 or 1)
redis.call('EXPIREAT', clients, expireAt)
local width = tonumber(ARGV[6])
for first = ${firstEntry}, #ARGV, width do
  redis.call('XADD', KEYS[1], '*', unpack(ARGV, first, first + width - 1))
end
return 'acknowledged'
`;
}

/**
 * Returns the name of a key among those of all namespaces. Keys are printable, so none can look
 * like one with a namespace.
 */
export const fullNameOf = ({ key, space, table }: IdempotencyKey): string => {
  if (table !== undefined) return `\0${space}\0${table}\0${key}`;
  return space === '' ? key : `\0${space}\0${key}`;
};

/** Returns the place of a key's record and its encoded fields. */
export const recordOf = (key: IdempotencyKey) => {
  const keyHash = sha256(fullNameOf(key));
  const shard = keyHash.readUInt16BE(4) % shards;
  return {
    /** The number that spreads keys over partitions. */
    spread: keyHash.readUInt32BE(),
    field: keyHash.subarray(-hashBytes),
    client: sha256(key.client).subarray(0, hashBytes),
    /** Returns all Redis keys that {@link addOnce} uses for the record. */
    redisKeys: ({ stream, keyRecords }: Partition): string[] => [
      stream,
      ...ofEachWindow((window) => `${keyRecords}:keys:${window}:${shard}`),
      ...ofEachWindow((window) => `${keyRecords}:clients:${window}`),
    ],
  };
};

/** Shortens the hash of a body to its form in a record. */
export const shortenHash = (hash: Buffer): Buffer => hash.subarray(0, hashBytes);

const ofEachWindow = (name: (window: number) => string): string[] =>
  Array.from({ length: windows }, (_, window) => name(window));

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
