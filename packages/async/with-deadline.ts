/**
 * Runs `work`. Rejects with the error of `onLate` when it takes longer than `withinMs`. The work
 * goes on: `onLate` may cancel it.
 */
export const withDeadline = async <T>(work: () => Promise<T>, withinMs: number, onLate: () => Error): Promise<T> => {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(onLate()), withinMs);
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
};
