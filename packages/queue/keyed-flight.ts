import { createHash } from 'node:crypto';
import { encodeEntry, maxCountsPerEntry } from '@sluice/contract/entry.ts';
import type { RedisConnection } from './connection.ts';
import type { Partition } from './partition.ts';
import { checkReplicas, waitArguments } from './replicas.ts';
import { hasReplyCode } from './reply-error.ts';
import { defineScript } from './script.ts';
import type { EnqueueOutcome } from './send-until.ts';

type KeyedSettings = {
  readonly connection: RedisConnection;
  readonly partitions: readonly Partition[];
  readonly ackReplicas: number;
  readonly maxBatches: number;
};

// A key is kept for at least 24 h; the ledger keeps the ids of its batches for 48 h.
const keptForMs = 25 * 3_600_000;

/**
 * KEYS: the key's record, the stream. ARGV: the body's hash, how long the record is kept, the most batches, the number of fields and values of an entry,
 * then those of each entry. A repeat renews the record, because WAIT waits only for what its own connection has written. The
 * first write is the one that a full Redis refuses, so that all is written or nothing.
 */
const addOnce = defineScript(`
local known = redis.call('GET', KEYS[1])
if known then
  if known ~= ARGV[1] then return 'key_reused' end
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return 'acknowledged'
end
if redis.call('XLEN', KEYS[2]) >= tonumber(ARGV[3]) then return 'full' end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local width = tonumber(ARGV[4])
for first = 5, #ARGV, width do
  redis.call('XADD', KEYS[2], '*', unpack(ARGV, first, first + width - 1))
end
return 'acknowledged'
`);

/**
 * Makes the sender of requests with an `Idempotency-Key`. The same key and the same counts always make the same batches, and the key's record is written
 * with them in one step; so counts are added once per key, and other counts under a known key not at all.
 */
export const createKeyedSender = ({ connection, partitions, ackReplicas, maxBatches }: KeyedSettings) => {
  /** Adds the counts unless the key is known. Throws what Redis answered, or that it did not. */
  const send = async (key: string, counts: readonly number[], withinMs: number): Promise<EnqueueOutcome> => {
    const startedAt = performance.now();
    const keyHash = createHash('sha256').update(key).digest();
    const partition = partitions[keyHash.readUInt32BE() % partitions.length];
    if (partition === undefined) throw new RangeError('The queue has no partitions');
    const bodyHash = createHash('sha256').update(counts.join(',')).digest();
    const entries = encodeKeyed(key, bodyHash, counts);
    const parameters = [
      '2',
      `${partition.stream}:key:${keyHash.toString('hex')}`,
      partition.stream,
      bodyHash.toString('hex'),
      String(keptForMs),
      String(maxBatches),
      String(entries[0]?.length),
      ...entries.flat(),
    ];

    const call = (command: readonly string[]): Promise<EnqueueOutcome> => {
      const remainingMs = Math.max(1, withinMs - (performance.now() - startedAt));
      return connection.run(
        partition.stream,
        async (client) => {
          const pipeline = client.multi().addCommand([...command, ...parameters]);
          if (ackReplicas > 0) pipeline.addCommand(waitArguments(ackReplicas, remainingMs));
          const [outcome, replicas]: unknown[] = await pipeline.execAsPipeline();
          if (outcome === 'full' || outcome === 'key_reused') return outcome;
          if (outcome !== 'acknowledged')
            throw new TypeError(`Redis answered ${String(outcome)} to the script of a keyed request`);
          if (ackReplicas > 0) checkReplicas(replicas, ackReplicas);
          return outcome;
        },
        remainingMs,
      );
    };

    try {
      return await call(['EVALSHA', addOnce.sha]);
    } catch (error) {
      if (!hasReplyCode(error, 'NOSCRIPT')) throw error;
      return call(['EVAL', addOnce.text]);
    }
  };

  return { send };
};

const encodeKeyed = (key: string, bodyHash: Buffer, counts: readonly number[]): string[][] => {
  const entries: string[][] = [];
  for (let start = 0; start < counts.length; start += maxCountsPerEntry) {
    const batchId = keyedBatchId(key, bodyHash, entries.length);
    const chunk = counts.slice(start, start + maxCountsPerEntry);
    entries.push(Object.entries(encodeEntry({ batchId, counts: chunk, isKeyed: true })).flat());
  }
  return entries;
};

/** The parts of fixed size come first, so that no two of (body hash, chunk, key) give the same bytes. */
const keyedBatchId = (key: string, bodyHash: Buffer, chunk: number): string => {
  const chunkNumber = Buffer.alloc(4);
  chunkNumber.writeUInt32BE(chunk);
  return createHash('sha256').update(bodyHash).update(chunkNumber).update(key).digest('hex').slice(0, 32);
};
