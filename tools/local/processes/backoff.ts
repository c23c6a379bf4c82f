const firstPauseMs = 500;
const longestPauseMs = 15_000;
const steadyAfterMs = 30_000;

/** A failure of something that is tried again without an end. */
export type Failure = {
  /** Failures in a row, this one included. */
  readonly count: number;
  readonly retryInMs: number;
};

/**
 * Makes an exponential backoff with jitter: the pause doubles with each failure in a row, from 0.5 s to 15 s, of which a random half is
 * left out, so that parts that died together do not start together. What was ready for 30 s has recovered: the next failure is the first.
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
