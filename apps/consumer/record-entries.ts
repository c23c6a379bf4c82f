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
        if (isToHalve(error, entries.length)) return { refusal: error };
        return giveUp(error);
      }
    });
    if (recorded === undefined) return false;
    if ('refusal' in recorded) return recordHalves(entries, recorded.refusal);
    const claimed = new Set(recorded.split);
    const isClaimed = ({ batch }: Entry<Batch>) => claimed.has(batch.batchId);
    const done = claimed.size === 0 ? entries : entries.filter((entry) => !isClaimed(entry));
    if (done.length > 0) await retry('ack', () => ack(done.map(({ id }) => id)));
    metrics.recorded(recorded.rows, recorded.duplicates, done.length, performance.now() - startedAt);
    for (const entry of entries.filter(isClaimed)) if (!(await isolate(entry))) return false;
    return true;
  };

  /**
   * True if MySQL refuses a row. While consumers are paused, true for any error that MySQL answers
   * with: only the first entry that it does not take, and those behind it, stay in flight.
   */
  const isToHalve = (error: unknown, entries: number): boolean =>
    kind.isRefusal?.(error) === true || (isPaused() && entries > 1 && error instanceof Error && 'sqlState' in error);

  /** Leaves entries to be claimed while consumers are paused. Throws the error otherwise. */
  const giveUp = (error: unknown): undefined => {
    if (!isPaused()) throw error;
    logger.warn({ err: error }, 'could not record; paused, so leaving the entries to be claimed');
  };

  /**
   * Records the halves of a transaction that MySQL refuses, until one entry is alone: its
   * neighbours are recorded, and it is taken out of the way.
   */
  const recordHalves = async (entries: readonly Entry<Batch>[], refusal: unknown): Promise<boolean> => {
    const [single] = entries;
    if (single !== undefined && entries.length === 1) return isolate(single, refusal);
    const middle = Math.ceil(entries.length / 2);
    return (await recordEntries(entries.slice(0, middle))) && recordEntries(entries.slice(middle));
  };

  /** Resolves to false if the entry was given up. */
  const isolate = async (entry: Entry<Batch>, refusal?: unknown): Promise<boolean> => {
    const isolated = await retry('record', async () => {
      try {
        await kind.isolate?.(entry, refusal);
        return true;
      } catch (error) {
        return giveUp(error);
      }
    });
    return isolated === true;
  };

  return recordEntries;
};
