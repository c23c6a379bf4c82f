import { startDeadline } from '@sluice/queue/redis/deadline.ts';

/** The error of a read that missed its deadline. */
export class ReadTimeoutError extends Error {
  readonly code = 'READ_TIMEOUT';
}

/**
 * Calls `read`, which has several steps and no common deadline. Throws a {@link ReadTimeoutError}
 * after `withinMs`.
 */
export const readInTime = async <T>(read: () => Promise<T>, withinMs: number): Promise<T> => {
  const deadline = startDeadline(withinMs, () => new ReadTimeoutError(`No answer within ${withinMs} ms`));
  try {
    return await Promise.race([read(), deadline.late]);
  } finally {
    deadline.clear();
  }
};
