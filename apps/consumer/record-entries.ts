import type { ConsumeDependencies, Entry, SizedBatch } from './consume-dependencies.ts';
import type { createRetry } from './retry.ts';

/**
 * Creates the function that records the entries of one transaction and then removes them from the
 * queue. It resolves to false if the entries were given up: while consumers are paused, none may
 * hold entries that cannot be recorded.
 */
export const createRecorder = <Batch extends SizedBatch>(
  { kind, ack, isPaused, metrics, logger }: ConsumeDependencies<Batch>,
  retry: ReturnType<typeof createRetry>,
) => {
  const recordEntries = async (entries: readonly Entry<Batch>[]): Promise<boolean> => {
    const startedAt = performance.now();
    const recorded = await retry('record', async () => {
      try {
        return await kind.record(entries.map(({ batch }) => batch));
      } catch (error) {
        if (kind.isRefusal?.(error) === true) return { refusal: error };
        if (!isPaused()) throw error;
        logger.warn({ err: error }, 'could not record; paused, so leaving the entries to be claimed');
        return undefined;
      }
    });
    if (recorded === undefined) return false;
    if ('refusal' in recorded) return recordHalves(entries, recorded.refusal);
    const claimed = new Set(recorded.split);
    const isClaimed = ({ batch }: Entry<Batch>) => claimed.has(batch.batchId);
    const done = claimed.size === 0 ? entries : entries.filter((entry) => !isClaimed(entry));
    if (done.length > 0) await retry('ack', () => ack(done.map(({ id }) => id)));
    metrics.recorded(recorded.rows, recorded.duplicates, done.length, performance.now() - startedAt);
    for (const entry of entries.filter(isClaimed)) await isolate(entry);
    return true;
  };

  /**
   * Records the halves of a transaction that MySQL refuses, until one entry is alone: its
   * neighbours are recorded, and it is taken out of the way.
   */
  const recordHalves = async (entries: readonly Entry<Batch>[], refusal: unknown): Promise<boolean> => {
    const [single] = entries;
    if (single !== undefined && entries.length === 1) {
      await isolate(single, refusal);
      return true;
    }
    const middle = Math.ceil(entries.length / 2);
    return (await recordEntries(entries.slice(0, middle))) && recordEntries(entries.slice(middle));
  };

  const isolate = (entry: Entry<Batch>, refusal?: unknown) =>
    retry('record', async () => kind.isolate?.(entry, refusal));

  return recordEntries;
};
