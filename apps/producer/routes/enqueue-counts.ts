import type { Finding } from '@sluice/contract/finding.ts';
import type { Enqueuer } from '@sluice/queue/append/enqueue.ts';
import type { EnqueueOutcome } from '@sluice/queue/append/enqueue-outcome.ts';
import type { IdempotencyKey } from '@sluice/queue/append/key-records.ts';
import type { ProblemContent } from '../http/problem-answer.ts';

/** The dependencies of the routes that accept counts. */
export type EnqueueDependencies = {
  readonly hostname: string;
  readonly enqueue: Enqueuer['enqueue'];
  /** Returns the findings of the server check. No counts go to a queue that would lose them. */
  readonly readFindings: () => readonly Finding[];
  /**
   * Called for each acknowledged request, with its counts and the time that the queue took, in ms.
   */
  readonly onAccepted?: ((counts: number, acknowledgedInMs: number) => void) | undefined;
};

/** Adds the counts of a request to the queue. Returns `accepted` or the problem. */
export const enqueueCounts = async <Accepted>(
  { enqueue, readFindings, onAccepted }: EnqueueDependencies,
  counts: readonly number[],
  idempotencyKey: IdempotencyKey | undefined,
  accepted: Accepted,
): Promise<Accepted | { readonly problem: ProblemContent }> => {
  const refusal = readFindings().find(({ severity }) => severity === 'refused');
  if (refusal !== undefined) return { problem: { status: 503, code: 'queue_unsafe', detail: refusal.detail } };
  const startedAt = performance.now();
  const outcome = await enqueue(counts, idempotencyKey);
  if (outcome !== 'acknowledged') return { problem: problems[outcome] };
  onAccepted?.(counts.length, performance.now() - startedAt);
  return accepted;
};

const full: ProblemContent = {
  status: 503,
  code: 'queue_full',
  // Redis may become full in the middle of a pipeline.
  detail:
    'The queue is full. The counts are recorded once or never. Try again when the consumers have caught up. With an ' +
    'Idempotency-Key it is safe to send them again.',
};

// Keys expire one window at a time, so no room for more appears within a second.
const keysRetryAfterSeconds = 3_600;

const keysFull: ProblemContent = {
  status: 503,
  code: 'idempotency_keys_full',
  detail:
    'The queue holds its maximum of idempotency keys. Nothing was recorded. Try again later, or send the counts ' +
    'without an Idempotency-Key. Repeats of known keys still work.',
  retryAfterSeconds: keysRetryAfterSeconds,
};

const keyQuotaExceeded: ProblemContent = {
  status: 429,
  code: 'idempotency_quota_exceeded',
  detail:
    'This client has used its share of idempotency keys. Nothing was recorded. Try again later, or send the counts ' +
    'without an Idempotency-Key. Repeats of known keys still work.',
  retryAfterSeconds: keysRetryAfterSeconds,
};

const unavailable: ProblemContent = {
  status: 503,
  code: 'queue_unavailable',
  detail:
    'The queue did not answer in time. The counts are recorded once or never. With an Idempotency-Key it is safe to ' +
    'send them again.',
};

const keyReused: ProblemContent = {
  status: 422,
  code: 'idempotency_key_reused',
  detail: 'The Idempotency-Key was used before with other counts. Nothing was recorded. Use a new key for new counts.',
  errors: [{ pointer: 'header:Idempotency-Key', detail: 'was used before with other counts' }],
};

const problems: Readonly<Record<Exclude<EnqueueOutcome, 'acknowledged'>, ProblemContent>> = {
  full,
  unavailable,
  key_reused: keyReused,
  keys_full: keysFull,
  key_quota_exceeded: keyQuotaExceeded,
};
