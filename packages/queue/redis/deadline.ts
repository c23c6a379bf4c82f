/**
 * Starts a timeout to race against. `late` rejects with the error of `onLate` after `afterMs`,
 * unless `clear` is called before.
 */
export const startDeadline = (afterMs: number, onLate: () => Error): { late: Promise<never>; clear: () => void } => {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(onLate()), afterMs);
  return { late: promise, clear: () => clearTimeout(timer) };
};
