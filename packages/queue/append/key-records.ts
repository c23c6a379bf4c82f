import { createHash } from 'node:crypto';
import { defineScript } from '../redis/script.ts';

/**
 * The records of idempotency keys, per partition. Time is cut into windows; each has hashes of records, among which the
 * keys are spread, and one hash of counters. All of a window expires as a whole, so nothing has to clean up.
 *
 * | Redis key | field | value |
 * | --- | --- | --- |
 * | `{partition}:keys:WINDOW:SHARD` | 16 bytes of the key's hash | 16 bytes of the body's hash |
 * | `{partition}:clients:WINDOW` | 16 bytes of the client's hash | the keys of this client in the window |
 * | | `n` | all keys and clients in the window |
 *
 * A hash of at most 512 short fields is one block of memory (`hash-max-listpack-entries`), in which a record takes about
 * 40 bytes. In a larger one it takes about 107.
 */

/** The `Idempotency-Key` of a request. */
export type IdempotencyKey = {
  readonly key: string;
  /** The name space of the key: the same key in another is another key. Clients without a token share `''`. */
  readonly space: string;
  /** The client in whose quota the key counts. */
  readonly client: string;
};

/** The most that a key, or a client that has one, takes in Redis, in bytes. Measured: 107. */
export const maxBytesPerKey = 128;

// A key is kept for 24 to 30 hours; the ledger keeps the ids of its batches for at least 48.
const windowSeconds = 6 * 3_600;
const keptSeconds = 24 * 3_600;
// A window's keys are gone (30 h) before its number comes again (36 h).
const windows = 6;
const shards = 512;
const hashBytes = 16;

/**
 * KEYS: the stream; the hash of records that the key belongs to, in each window; the counters of each window. ARGV: the
 * hashes of key, body and client; the most batches; the most keys; the number of fields and values of an entry; then those
 * of each entry.
 *
 * A client may have as many keys as there is room left for (the dynamic threshold of Choudhury and Hahne, 1998): one
 * client takes half of all at most, two a third each, and there is always room for another.
 *
 * A repeat renews the expiry that there is: WAIT waits only for what its own connection has written, and a full Redis
 * takes PEXPIRE. The first other write is the one that a full Redis refuses, so that all is written or nothing.
 */
export const addOnce = defineScript(`
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
local room, held = tonumber(ARGV[5]), 0
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
for first = 7, #ARGV, width do
  redis.call('XADD', KEYS[1], '*', unpack(ARGV, first, first + width - 1))
end
return 'acknowledged'
`);

/** What identifies a key among those of all name spaces. Keys are printable, so that none can look like one with a space. */
export const fullNameOf = ({ key, space }: IdempotencyKey): string => (space === '' ? key : `\0${space}\0${key}`);

/** Where the record of a key is, and how it is written. */
export const recordOf = (key: IdempotencyKey) => {
  const keyHash = sha256(fullNameOf(key));
  const shard = keyHash.readUInt16BE(4) % shards;
  return {
    /** A number by which keys are spread over partitions. */
    spread: keyHash.readUInt32BE(),
    field: keyHash.subarray(-hashBytes),
    client: sha256(key.client).subarray(0, hashBytes),
    /** All Redis keys that {@link addOnce} uses for it. */
    redisKeys: (stream: string): string[] => [
      stream,
      ...ofEachWindow((window) => `${stream}:keys:${window}:${shard}`),
      ...ofEachWindow((window) => `${stream}:clients:${window}`),
    ],
  };
};

/** The hash of a body, as a record has it. */
export const shortenHash = (hash: Buffer): Buffer => hash.subarray(0, hashBytes);

const ofEachWindow = (name: (window: number) => string): string[] =>
  Array.from({ length: windows }, (_, window) => name(window));

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
