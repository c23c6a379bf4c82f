import { withDeadline } from '@sluice/async/with-deadline.ts';

/** The error of a read that missed its deadline. */
export class ReadTimeoutError extends Error {
  readonly code = 'READ_TIMEOUT';
}

/**
 * Calls `read`, which has several steps and no common deadline. Throws a {@link ReadTimeoutError}
 * after `withinMs`.
 */
export const readInTime = <T>(read: () => Promise<T>, withinMs: number): Promise<T> =>
  withDeadline(read, withinMs, () => new ReadTimeoutError(`No answer within ${withinMs} ms`));
