import type { RedisConnection } from '../redis/connection.ts';
import { maxBytesPerKey } from './key-records.ts';
import { hasReplyCode } from '../redis/reply-error.ts';

type KeyLimitSettings = {
  readonly connection: RedisConnection;
  readonly stream: string;
  /** Maximum number of keys in a partition, however much memory there is. */
  readonly maxKeys: number;
  /** Number of partitions that may share one server. */
  readonly partitions: number;
};

/**
 * The number of idempotency keys that a partition may hold. `isFull` is true if its server is out
 * of memory.
 */
type KeyLimit = { readonly maxKeys: number; readonly isFull: boolean };

/** The share of `maxmemory` that the keys of all partitions may take. */
const keyShare = 1 / 4;
// Memory above this share is reserved for requests without a key, which free it once they are
// recorded.
const fullShare = 9 / 10;
const readEveryMs = 250;

/**
 * Creates a function that returns how many idempotency keys a partition may hold now. This is what
 * the memory of its server allows, none while that is nearly full, and at most `maxKeys`. The
 * function reads the memory when the last reading is old. Concurrent requests share one reading.
 * Throws when Redis does not answer.
 */
export const createKeyLimit = ({ connection, stream, maxKeys, partitions }: KeyLimitSettings) => {
  let reading: Promise<KeyLimit> | undefined;
  let known: KeyLimit | undefined;
  let readAt = -Infinity;

  const readMemory = async (withinMs: number): Promise<KeyLimit> => {
    try {
      const text = await connection.run(stream, (client) => client.info('memory'), withinMs);
      return limitBy(text, maxKeys, partitions);
    } catch (error) {
      // The server does not permit INFO.
      if (hasReplyCode(error, 'NOPERM', 'ERR')) return { maxKeys, isFull: false };
      throw error;
    }
  };

  const read = async (withinMs: number): Promise<KeyLimit> => {
    try {
      known = await readMemory(withinMs);
      readAt = performance.now();
      return known;
    } finally {
      reading = undefined;
    }
  };

  return async (withinMs: number): Promise<KeyLimit> => {
    // A reading without room is not reused: a queue that drains accepts keys again at once.
    if (known !== undefined && known.maxKeys > 0 && performance.now() - readAt < readEveryMs) return known;
    reading ??= read(withinMs);
    return reading;
  };
};

const limitBy = (info: string, maxKeys: number, partitions: number): KeyLimit => {
  const maxMemory = readBytes(info, 'maxmemory');
  // There is no limit, or it is unknown.
  if (maxMemory === 0) return { maxKeys, isFull: false };
  const used = readBytes(info, 'used_memory') - readBytes(info, 'mem_not_counted_for_evict');
  if (used >= maxMemory * fullShare) return { maxKeys: 0, isFull: used > maxMemory };
  const affordable = Math.floor((maxMemory * keyShare) / maxBytesPerKey / partitions);
  return { maxKeys: Math.min(maxKeys, affordable), isFull: false };
};

const readBytes = (info: string, name: string): number =>
  Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
