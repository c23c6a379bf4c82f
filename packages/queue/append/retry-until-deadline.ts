import { setTimeout as pause } from 'node:timers/promises';
import { backoffMs, type BackoffRange } from '@sluice/async/backoff.ts';
import type { EnqueueOutcome } from './enqueue-outcome.ts';
import { isOutOfMemory } from '../redis/reply-error.ts';

type Attempts = { readonly attemptMs: number; readonly onError: (error: unknown) => void };

const pauses: BackoffRange = { minMs: 10, maxMs: 200 };

/**
 * Calls `send` with its maximum time in ms until it has an outcome, or until `deadline`. Retries
 * every error with backoff, except that Redis is full. The others are temporary: a failover, a
 * moving slot, a server that loads its data, a wrong reply on a connection that lost some. A queue
 * that is full after such an error is `unavailable`, because the failed attempt may have added the
 * counts.
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
      const outcome = await send(Math.min(attemptMs, remainingMs));
      return outcome === 'full' ? fullAfter(failures - 1) : outcome;
    } catch (error) {
      if (isOutOfMemory(error)) return fullAfter(failures - 1);
      onError(error);
      await pause(Math.min(backoffMs(failures, pauses), Math.max(0, deadline - performance.now())));
    }
  }
};

const fullAfter = (failures: number): EnqueueOutcome => (failures === 0 ? 'full' : 'unavailable');
