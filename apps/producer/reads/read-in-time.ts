import { startDeadline } from '@sluice/queue/redis/deadline.ts';

/** What is read did not answer in time. */
export class ReadTimeoutError extends Error {
  readonly code = 'READ_TIMEOUT';
}

/** What `read` answers, which has several steps and no deadline for all of them; a {@link ReadTimeoutError} when it has not after `withinMs`. */
export const readInTime = async <T>(read: () => Promise<T>, withinMs: number): Promise<T> => {
  const deadline = startDeadline(withinMs, () => new ReadTimeoutError(`No answer within ${withinMs} ms`));
  try {
    return await Promise.race([read(), deadline.late]);
  } finally {
    deadline.clear();
  }
};
