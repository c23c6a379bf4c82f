import { setTimeout as pause } from 'node:timers/promises';
import { backoffMs, type BackoffRange } from '@sluice/async/backoff.ts';
import type { EnqueueOutcome } from './enqueue-outcome.ts';
import { isOutOfMemory } from '../redis/reply-error.ts';

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
