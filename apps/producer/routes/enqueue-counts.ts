import type { Finding } from '@sluice/contract/finding.ts';
import type { IdempotencyKey } from '@sluice/queue/append/key-records.ts';
import type { Fault } from '../http/problem-answer.ts';

/** What the routes that take counts are made of. */
export type EnqueueParts = {
  readonly hostname: string;
  /**
   * Puts the counts of one request into the queue, all or none. `unavailable`: they may or may not be recorded, but not twice.
   * `key_reused`: the key was used before with other counts. `keys_full`: no new keys are taken now; `key_quota_exceeded`:
   * none of this client.
   */
  readonly enqueue: (
    counts: readonly number[],
    idempotencyKey?: IdempotencyKey,
  ) => Promise<'acknowledged' | 'full' | 'unavailable' | 'key_reused' | 'keys_full' | 'key_quota_exceeded'>;
  /** The findings of the check of the servers; nothing is put into a queue that would lose it. */
  readonly readFindings: () => readonly Finding[];
  /** Hears of each request that was acknowledged: how many counts it had and how long the queue took, in ms. */
  readonly onAccepted?: ((counts: number, acknowledgedInMs: number) => void) | undefined;
};

/** Puts the counts of a request into the queue. Answers with `accepted` or with the fault that it met. */
export const enqueueCounts = async <Accepted>(
  { enqueue, readFindings, onAccepted }: EnqueueParts,
  counts: readonly number[],
  idempotencyKey: IdempotencyKey | undefined,
  accepted: Accepted,
): Promise<Accepted | { readonly fault: Fault }> => {
  const refusal = readFindings().find(({ severity }) => severity === 'refused');
  if (refusal !== undefined) return { fault: { status: 503, code: 'queue_unsafe', detail: refusal.detail } };
  const startedAt = performance.now();
  const outcome = await enqueue(counts, idempotencyKey);
  if (outcome !== 'acknowledged') return { fault: faults[outcome] };
  onAccepted?.(counts.length, performance.now() - startedAt);
  return accepted;
};

const full: Fault = {
  status: 503,
  code: 'queue_full',
  detail: 'The queue is full and took no count. Try again when the consumers have caught up.',
};

// Keys are forgotten a window at a time, so there is no room for more in a second.
const keysRetryAfterSeconds = 3_600;

const keysFull: Fault = {
  status: 503,
  code: 'idempotency_keys_full',
  detail:
    'The queue holds as many idempotency keys as it may. Nothing was recorded. Try again later, or send the counts ' +
    'without an Idempotency-Key; keys that are known are still answered.',
  retryAfterSeconds: keysRetryAfterSeconds,
};

const keyQuotaExceeded: Fault = {
  status: 429,
  code: 'idempotency_quota_exceeded',
  detail:
    'This client has used its share of idempotency keys. Nothing was recorded. Try again later, or send the counts ' +
    'without an Idempotency-Key; keys that are known are still answered.',
  retryAfterSeconds: keysRetryAfterSeconds,
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

const faults = {
  full,
  unavailable,
  key_reused: keyReused,
  keys_full: keysFull,
  key_quota_exceeded: keyQuotaExceeded,
};
