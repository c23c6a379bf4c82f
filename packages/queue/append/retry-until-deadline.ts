import { setTimeout as pause } from 'node:timers/promises';
import { backoffMs, type BackoffRange } from '@sluice/async/backoff.ts';
import { isOutOfMemory } from '../redis/reply-error.ts';

/**
 * The outcome of a request's counts:
 * - `acknowledged`: Redis, and the required number of replicas, hold them.
 * - `full`: the queue refused them.
 * - `key_reused`: the key came before with other counts.
 * - `keys_full`: the queue accepts no new keys now.
 * - `key_quota_exceeded`: the queue accepts no new keys of this client.
 * - `unavailable`: no acknowledgement came in time. They may or may not be recorded, but never
 *   twice.
 */
export type EnqueueOutcome =
  | 'acknowledged'
  | 'full'
  | 'unavailable'
  | 'key_reused'
  | 'keys_full'
  | 'key_quota_exceeded';

type Attempts = { readonly attemptMs: number; readonly onError: (error: unknown) => void };

const pauses: BackoffRange = { minMs: 10, maxMs: 200 };

/**
 * Calls `send` with its maximum time in ms until it has an outcome, or until `deadline`. Retries
 * every error with backoff, except that Redis is full. The others are temporary: a failover, a
 * moving slot, a server that loads its data, a wrong reply on a connection that lost some.
 */
export const retryUntilDeadline = async (
  deadline: number,
  { attemptMs, onError }: Attempts,
  send: (withinMs: number) => Promise<EnqueueOutcome>,
): Promise<EnqueueOutcome> => {
  for (let failures = 1; ; failures++) {
    const remainingMs = deadline - performance.now();
    if (remainingMs <= 0) return 'unavailable';
    try {
      return await send(Math.min(attemptMs, remainingMs));
    } catch (error) {
      if (isOutOfMemory(error)) return 'full';
      onError(error);
      await pause(Math.min(backoffMs(failures, pauses), Math.max(0, deadline - performance.now())));
    }
  }
};
