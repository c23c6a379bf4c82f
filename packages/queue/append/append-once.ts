import { createHash } from 'node:crypto';
import { encodeEntry, maxCountsPerEntry } from '@sluice/contract/entry.ts';
import type { AppendSettings } from './append-settings.ts';
import type { EnqueueOutcome } from './enqueue-outcome.ts';
import { createKeyLimit } from './key-limit.ts';
import { addOnce, fullNameOf, recordOf, shortenHash, type IdempotencyKey } from './key-records.ts';
import { checkReplicas, waitArguments } from './replicas.ts';
import { hasReplyCode } from '../redis/reply-error.ts';

const refusals = ['full', 'key_reused', 'keys_full', 'key_quota_exceeded'] as const;

/**
 * Creates the appender of requests with an `Idempotency-Key`. The same key and the same counts
 * always make the same batches. The key's record is written with them in one step. So counts are
 * added once per key, and other counts under a known key are not added.
 */
export const createOnceAppender = ({ connection, partitions, ackReplicas, maxBatches, maxKeys }: AppendSettings) => {
  const places = partitions.map(({ stream }) => ({
    stream,
    readLimit: createKeyLimit({ connection, stream, maxKeys, partitions: partitions.length }),
  }));

  /**
   * Adds the counts unless the key is known. Throws the error reply of Redis, or an error when
   * there was none.
   */
  const append = async (key: IdempotencyKey, counts: readonly number[], withinMs: number): Promise<EnqueueOutcome> => {
    const startedAt = performance.now();
    const remaining = () => Math.max(1, withinMs - (performance.now() - startedAt));
    const record = recordOf(key);
    const place = places[record.spread % places.length];
    if (place === undefined) throw new RangeError('The queue has no partitions');
    const { stream } = place;
    const bodyHash = createHash('sha256').update(counts.join(',')).digest();
    const entries = encodeKeyed(fullNameOf(key), bodyHash, counts);
    const redisKeys = record.redisKeys(stream);
    const limit = await place.readLimit(remaining());
    const parameters = [
      String(redisKeys.length),
      ...redisKeys,
      record.field,
      shortenHash(bodyHash),
      record.client,
      String(maxBatches),
      String(limit.maxKeys),
      String(entries[0]?.length),
      ...entries.flat(),
    ];

    const call = (command: readonly string[]): Promise<EnqueueOutcome> => {
      const remainingMs = remaining();
      return connection.run(
        stream,
        async (client) => {
          const pipeline = client.multi().addCommand([...command, ...parameters]);
          if (ackReplicas > 0) pipeline.addCommand(waitArguments(ackReplicas, remainingMs));
          const [outcome, replicas]: unknown[] = await pipeline.execAsPipeline();
          // A request without a key would be refused too.
          if (outcome === 'keys_full' && limit.isFull) return 'full';
          const refusal = refusals.find((name) => name === outcome);
          if (refusal !== undefined) return refusal;
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

  return { append };
};

const encodeKeyed = (name: string, bodyHash: Buffer, counts: readonly number[]): string[][] => {
  const entries: string[][] = [];
  for (let start = 0; start < counts.length; start += maxCountsPerEntry) {
    const batchId = keyedBatchId(name, bodyHash, entries.length);
    const chunk = counts.slice(start, start + maxCountsPerEntry);
    entries.push(Object.entries(encodeEntry({ batchId, counts: chunk, isKeyed: true })).flat());
  }
  return entries;
};

/**
 * Computes a batch id. The parts of fixed size come first, so that no two of (body hash, chunk,
 * name) give the same bytes.
 */
const keyedBatchId = (name: string, bodyHash: Buffer, chunk: number): string => {
  const chunkNumber = Buffer.alloc(4);
  chunkNumber.writeUInt32BE(chunk);
  return createHash('sha256').update(bodyHash).update(chunkNumber).update(name).digest('hex').slice(0, 32);
};
