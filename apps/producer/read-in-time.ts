// With the way there and back, an answer is given within 2 s.
const deadlineMs = 1_800;

/** The reader did not answer in time. */
export class ReadTimeoutError extends Error {
  readonly code = 'READ_TIMEOUT';
}

/** What `read` answers; throws what it throws, and a {@link ReadTimeoutError} when it has not answered after 1.8 s. */
export const readInTime = async <T>(read: () => Promise<T>): Promise<T> => {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new ReadTimeoutError(`No answer within ${deadlineMs} ms`)), deadlineMs);
  try {
    return await Promise.race([read(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
};
