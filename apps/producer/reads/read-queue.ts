import { createFairShares, type Share } from '../limits/fair-shares.ts';

/** The error of a read that was not started because too many wait. */
export class TooManyReadsError extends Error {
  readonly code = 'TOO_MANY_READS';
}

type ReadQueueSettings = {
  /** Maximum number of reads that run at once. */
  readonly maxRunning: number;
  /** Maximum number of reads that wait. Clients share the places fairly. */
  readonly maxWaiting: number;
  /** Maximum time that a read waits. */
  readonly maxWaitMs: number;
};

/** A queue that runs a few reads at a time. */
export type ReadQueue<T> = {
  /**
   * Runs `read` when it is the client's turn. Clients take turns. Reads with the same `key` that
   * have not started share one call, so no answer is older than its request. Throws what `read`
   * throws, or a {@link TooManyReadsError}.
   */
  readonly run: (client: string, key: string, read: () => Promise<T>) => Promise<T>;
};

type Waiting<T> = {
  readonly client: string;
  readonly key: string;
  readonly read: () => Promise<T>;
  readonly result: PromiseWithResolvers<T>;
  readonly start: () => void;
  readonly share: () => Share | undefined;
};

/** Creates a queue of reads. */
export const createReadQueue = <T>({ maxRunning, maxWaiting, maxWaitMs }: ReadQueueSettings): ReadQueue<T> => {
  const places = createFairShares(maxWaiting);
  const byKey = new Map<string, Waiting<T>>();
  /** The waiting reads of each client. The order of the map is the order of the clients' turns. */
  const turns = new Map<string, Set<Waiting<T>>>();
  let running = 0;

  const run: ReadQueue<T>['run'] = (client, key, read) => {
    const same = byKey.get(key);
    if (same !== undefined) {
      // Several clients share this read now. The other reads of the first client must not evict it.
      if (same.client !== client) same.share()?.keep();
      return same.result.promise;
    }
    const waiting = wait(client, key, read);
    startNext();
    return waiting.result.promise;
  };

  const wait = (client: string, key: string, read: () => Promise<T>): Waiting<T> => {
    const result = Promise.withResolvers<T>();
    const leave = () => {
      clearTimeout(timer);
      share?.release();
      byKey.delete(key);
      const own = turns.get(client);
      own?.delete(waiting);
      if (own?.size === 0) turns.delete(client);
    };
    const refuse = () => {
      leave();
      result.reject(new TooManyReadsError('Too many reads wait for the database'));
    };
    const waiting: Waiting<T> = { client, key, read, result, start: leave, share: () => share };
    const timer = setTimeout(refuse, maxWaitMs);
    byKey.set(key, waiting);
    const own = turns.get(client) ?? new Set();
    turns.set(client, own.add(waiting));
    let share: Share | undefined;
    // A read that can start at once takes no place.
    if (running >= maxRunning) share = places.take(client, 1, refuse);
    return waiting;
  };

  const startNext = (): void => {
    for (const [client, own] of turns) {
      if (running >= maxRunning) return;
      const [next] = own;
      if (next === undefined) continue;
      next.start();
      if (turns.delete(client)) turns.set(client, own);
      running += 1;
      void next
        .read()
        .then(next.result.resolve, next.result.reject)
        .finally(() => {
          running -= 1;
          startNext();
        });
    }
  };

  return { run };
};
