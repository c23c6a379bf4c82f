import { setTimeout as pause } from 'node:timers/promises';
import { isOutOfMemory } from '../redis/reply-error.ts';

/**
 * What became of a request's counts: `acknowledged`, Redis (and as many replicas as asked for) holds them; `full`, the queue refused them;
 * `key_reused`, its key came before with other counts; `keys_full`, the queue takes no new keys now; `key_quota_exceeded`,
 * it takes none of this client; `unavailable`, no acknowledgement came in time, so they may or may not be recorded, but
 * never twice.
 */
export type EnqueueOutcome =
  | 'acknowledged'
  | 'full'
  | 'unavailable'
  | 'key_reused'
  | 'keys_full'
  | 'key_quota_exceeded';

type Attempts = { readonly attemptMs: number; readonly onError: (error: unknown) => void };

const shortestPauseMs = 10;
const longestPauseMs = 200;

/**
 * Calls `send` with the time that it may take until it has an outcome, or until `deadline`. Every error is taken as one that passes (a
 * failover, a slot on its way, a server that loads its data, an odd reply of a connection that lost some), except that Redis is full.
 */
export const retryUntilDeadline = async (
  deadline: number,
  { attemptMs, onError }: Attempts,
  send: (withinMs: number) => Promise<EnqueueOutcome>,
): Promise<EnqueueOutcome> => {
  for (let pauseMs = shortestPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    const remainingMs = deadline - performance.now();
    if (remainingMs <= 0) return 'unavailable';
    try {
      // oxlint-disable-next-line no-await-in-loop -- each attempt follows the failure of the one before
      return await send(Math.min(attemptMs, remainingMs));
    } catch (error) {
      if (isOutOfMemory(error)) return 'full';
      onError(error);
      // oxlint-disable-next-line no-await-in-loop -- a pause before the next attempt
      await pause(Math.min(pauseMs, Math.max(0, deadline - performance.now())));
    }
  }
};
