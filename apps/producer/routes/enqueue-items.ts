import type { Finding } from '@sluice/contract/finding.ts';
import type { Enqueuer } from '@sluice/queue/append/enqueue.ts';
import type { EnqueueOutcome } from '@sluice/queue/append/enqueue-outcome.ts';
import type { IdempotencyKey } from '@sluice/queue/append/key-records.ts';
import type { ProblemContent } from '../http/problem-answer.ts';

/** The dependencies of the routes that accept items: counts, or rows of a table. */
export type EnqueueDependencies<Item> = {
  readonly hostname: string;
  readonly enqueue: Enqueuer<Item>['enqueue'];
  /** Returns the findings of the server check. No items go to a queue that would lose them. */
  readonly readFindings: () => readonly Finding[];
  /**
   * Called for each acknowledged request, with its items and the time that the queue took, in ms.
   */
  readonly onAccepted?: ((items: number, acknowledgedInMs: number) => void) | undefined;
};

/** The name of the items in a problem. */
type Noun = 'counts' | 'rows';

/** Adds the items of a request to the queue. Returns `accepted` or the problem. */
export const enqueueItems = async <Item, Accepted>(
  { enqueue, readFindings, onAccepted }: EnqueueDependencies<Item>,
  items: readonly Item[],
  idempotencyKey: IdempotencyKey | undefined,
  noun: Noun,
  accepted: Accepted,
): Promise<Accepted | { readonly problem: ProblemContent }> => {
  const refusal = readFindings().find(({ severity }) => severity === 'refused');
  if (refusal !== undefined) return { problem: { status: 503, code: 'queue_unsafe', detail: refusal.detail } };
  const startedAt = performance.now();
  const outcome = await enqueue(items, idempotencyKey);
  if (outcome !== 'acknowledged') return { problem: problems[noun][outcome] };
  onAccepted?.(items.length, performance.now() - startedAt);
  return accepted;
};

const full = (noun: Noun): ProblemContent => ({
  status: 503,
  code: 'queue_full',
  // Redis may become full in the middle of a pipeline.
  detail:
    `The queue is full. The ${noun} are recorded once or never. Try again when the consumers have caught up. With an ` +
    'Idempotency-Key it is safe to send them again.',
});

// Keys expire one window at a time, so no room for more appears within a second.
const keysRetryAfterSeconds = 3_600;

const keysFull = (noun: Noun): ProblemContent => ({
  status: 503,
  code: 'idempotency_keys_full',
  detail:
    `The queue holds its maximum of idempotency keys. Nothing was recorded. Try again later, or send the ${noun} ` +
    'without an Idempotency-Key. Repeats of known keys still work.',
  retryAfterSeconds: keysRetryAfterSeconds,
});

const keyQuotaExceeded = (noun: Noun): ProblemContent => ({
  status: 429,
  code: 'idempotency_quota_exceeded',
  detail:
    `This client has used its share of idempotency keys. Nothing was recorded. Try again later, or send the ${noun} ` +
    'without an Idempotency-Key. Repeats of known keys still work.',
  retryAfterSeconds: keysRetryAfterSeconds,
});

const unavailable = (noun: Noun): ProblemContent => ({
  status: 503,
  code: 'queue_unavailable',
  detail:
    `The queue did not answer in time. The ${noun} are recorded once or never. With an Idempotency-Key it is safe to ` +
    'send them again.',
});

const keyReused = (noun: Noun): ProblemContent => ({
  status: 422,
  code: 'idempotency_key_reused',
  detail: `The Idempotency-Key was used before with other ${noun}. Nothing was recorded. Use a new key for new ${noun}.`,
  errors: [{ pointer: 'header:Idempotency-Key', detail: `was used before with other ${noun}` }],
});

const problemsOf = (noun: Noun): Readonly<Record<Exclude<EnqueueOutcome, 'acknowledged'>, ProblemContent>> => ({
  full: full(noun),
  unavailable: unavailable(noun),
  key_reused: keyReused(noun),
  keys_full: keysFull(noun),
  key_quota_exceeded: keyQuotaExceeded(noun),
});

const problems = { counts: problemsOf('counts'), rows: problemsOf('rows') } as const;
