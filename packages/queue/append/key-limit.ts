import type { RedisConnection } from '../redis/connection.ts';
import { maxBytesPerKey } from './key-records.ts';
import { hasReplyCode } from '../redis/reply-error.ts';

type KeyLimitSettings = {
  readonly connection: RedisConnection;
  readonly stream: string;
  /** The most keys of a partition, whatever memory there is. */
  readonly maxKeys: number;
  /** How many partitions may share one server. */
  readonly partitions: number;
};

/** How many idempotency keys a partition may hold, and whether its server is out of memory altogether. */
type KeyLimit = { readonly maxKeys: number; readonly isFull: boolean };

/** The share of `maxmemory` that the keys of all partitions may take. */
const keyShare = 1 / 4;
// What is above is kept for requests without a key, whose memory is free again as soon as they are recorded.
const fullShare = 9 / 10;
const readEveryMs = 250;

/**
 * Makes what tells how many idempotency keys a partition may hold now: as many as the memory of its server allows, none
 * while that is nearly full, and never more than `maxKeys`. The memory is read when a key comes and what is known is old;
 * requests that come meanwhile share the reading. Throws when Redis does not answer.
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
      // A server that tells nobody.
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
    // That there is no room is never said from memory: a queue that drains takes keys again at once.
    if (known !== undefined && known.maxKeys > 0 && performance.now() - readAt < readEveryMs) return known;
    reading ??= read(withinMs);
    return reading;
  };
};

const limitBy = (info: string, maxKeys: number, partitions: number): KeyLimit => {
  const maxMemory = readBytes(info, 'maxmemory');
  // No limit, or none that is known.
  if (maxMemory === 0) return { maxKeys, isFull: false };
  const used = readBytes(info, 'used_memory') - readBytes(info, 'mem_not_counted_for_evict');
  if (used >= maxMemory * fullShare) return { maxKeys: 0, isFull: used > maxMemory };
  const affordable = Math.floor((maxMemory * keyShare) / maxBytesPerKey / partitions);
  return { maxKeys: Math.min(maxKeys, affordable), isFull: false };
};

const readBytes = (info: string, name: string): number =>
  Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
