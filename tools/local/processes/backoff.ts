const firstPauseMs = 500;
const longestPauseMs = 15_000;
const steadyAfterMs = 30_000;

/** A failure that is retried without limit. */
export type Failure = {
  /** The number of failures in a row, including this one. */
  readonly count: number;
  readonly retryInMs: number;
};

/**
 * Creates an exponential backoff with jitter. The pause doubles with each failure in a row, from
 * 0.5 s to 15 s. Up to half of it is left out at random, so that parts that died together do not
 * start together. After 30 s of being ready, the next failure counts as the first.
 */
export const createBackoff = (now: () => number = () => performance.now()) => {
  let count = 0;
  let readyAt: number | undefined;

  const ready = () => {
    readyAt = now();
  };
  const fail = (): Failure => {
    const isRecovered = readyAt !== undefined && now() - readyAt >= steadyAfterMs;
    count = isRecovered ? 1 : count + 1;
    readyAt = undefined;
    const pauseMs = Math.min(firstPauseMs * 2 ** (count - 1), longestPauseMs);
    return { count, retryInMs: pauseMs * (1 - Math.random() / 2) };
  };
  return { ready, fail };
};
