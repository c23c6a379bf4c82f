/** A promise that rejects with what `onLate` gives when `afterMs` have passed, unless it is cleared before. To race against. */
export const startDeadline = (afterMs: number, onLate: () => Error): { late: Promise<never>; clear: () => void } => {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(onLate()), afterMs);
  return { late: promise, clear: () => clearTimeout(timer) };
};
