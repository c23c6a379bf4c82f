import { createHash } from 'node:crypto';
import type { EntryCodec } from '@sluice/contract/entry-codec.ts';
import type { AppendSettings } from './append-settings.ts';
import type { EnqueueOutcome } from './enqueue-outcome.ts';
import { createKeyLimit } from './key-limit.ts';
import { addOnce, addRowsOnce, fullNameOf, recordOf, shortenHash, type IdempotencyKey } from './key-records.ts';
import { checkReplicas, waitArguments } from './replicas.ts';
import { splitItems } from './split-items.ts';
import { hasReplyCode } from '../redis/reply-error.ts';

const refusals = ['full', 'key_reused', 'keys_full', 'key_quota_exceeded'] as const;

/**
 * Creates the appender of requests with an `Idempotency-Key`. The same key and the same items
 * always make the same batches. The key's record is written with them in one step. So items are
 * added once per key, and other items under a known key are not added.
 */
export const createOnceAppender = <Item>(settings: AppendSettings<Item>) => {
  const { codec, connection, partitions, ackReplicas, maxBatches, maxBytes, maxKeys } = settings;
  const script = maxBytes === undefined ? addOnce : addRowsOnce;
  const places = partitions.map((partition) => ({
    partition,
    readLimit: createKeyLimit({ connection, stream: partition.stream, maxKeys, partitions: partitions.length }),
  }));

  /**
   * Adds the items unless the key is known. Throws the error reply of Redis, or an error when
   * there was none.
   */
  const append = async (key: IdempotencyKey, items: readonly Item[], withinMs: number): Promise<EnqueueOutcome> => {
    const startedAt = performance.now();
    const remaining = () => Math.max(1, withinMs - (performance.now() - startedAt));
    const record = recordOf(key);
    const place = places[record.spread % places.length];
    if (place === undefined) throw new RangeError('The queue has no partitions');
    const { stream } = place.partition;
    const bodyHash = createHash('sha256').update(codec.textOf(items)).digest();
    const entries = encodeKeyed(fullNameOf(key), bodyHash, items, codec);
    const redisKeys = record.redisKeys(place.partition);
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
      ...(maxBytes === undefined ? [] : [String(maxBytes)]),
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
      return await call(['EVALSHA', script.sha]);
    } catch (error) {
      if (!hasReplyCode(error, 'NOSCRIPT')) throw error;
      return call(['EVAL', script.text]);
    }
  };

  return { append };
};

const encodeKeyed = <Item>(
  name: string,
  bodyHash: Buffer,
  items: readonly Item[],
  codec: EntryCodec<Item>,
): string[][] =>
  splitItems(items, codec).map((chunk, index) => {
    const batchId = keyedBatchId(name, bodyHash, index);
    return Object.entries(codec.encode({ batchId, items: chunk, isKeyed: true })).flat();
  });

/**
 * Computes a batch id. The parts of fixed size come first, so that no two of (body hash, chunk,
 * name) give the same bytes.
 */
const keyedBatchId = (name: string, bodyHash: Buffer, chunk: number): string => {
  const chunkNumber = Buffer.alloc(4);
  chunkNumber.writeUInt32BE(chunk);
  return createHash('sha256').update(bodyHash).update(chunkNumber).update(name).digest('hex').slice(0, 32);
};
