import type { Fault } from './problem-answer.ts';

/** What the routes that take counts are made of. */
export type EnqueueParts = {
  readonly hostname: string;
  /**
   * Puts the counts of one request into the queue, all or none. `unavailable`: they may or may not be recorded, but not twice.
   * `key_reused`: the key was used before with other counts.
   */
  readonly enqueue: (
    counts: readonly number[],
    idempotencyKey?: string,
  ) => Promise<'acknowledged' | 'full' | 'unavailable' | 'key_reused'>;
  /** Hears of each request that was acknowledged: how many counts it had and how long the queue took, in ms. */
  readonly onAccepted?: ((counts: number, acknowledgedInMs: number) => void) | undefined;
};

/** Puts the counts of a request into the queue; answers with the fault when that did not succeed. */
export const enqueueCounts = async (
  { enqueue, onAccepted }: EnqueueParts,
  counts: readonly number[],
  idempotencyKey: string | undefined,
): Promise<Fault | undefined> => {
  const startedAt = performance.now();
  switch (await enqueue(counts, idempotencyKey)) {
    case 'acknowledged':
      onAccepted?.(counts.length, performance.now() - startedAt);
      return undefined;
    case 'full':
      return full;
    case 'unavailable':
      return unavailable;
    case 'key_reused':
      return keyReused;
  }
};

const full: Fault = {
  status: 503,
  code: 'queue_full',
  detail: 'The queue is full and took no count. Try again when the consumers have caught up.',
};

const unavailable: Fault = {
  status: 503,
  code: 'queue_unavailable',
  detail:
    'The queue did not answer in time. What was sent may or may not be recorded, but not twice. Try again; with an ' +
    'Idempotency-Key that is safe.',
};

const keyReused: Fault = {
  status: 422,
  code: 'idempotency_key_reused',
  detail: 'The Idempotency-Key was used before with other counts. Nothing was recorded. Use a new key for new counts.',
  errors: [{ pointer: 'header:Idempotency-Key', detail: 'was used before with other counts' }],
};
