import { backoffMs, type BackoffRange } from '@sluice/async/backoff.ts';

const pauses: BackoffRange = { minMs: 500, maxMs: 15_000 };
const steadyAfterMs = 30_000;

/** A failure that is retried without limit. */
export type Failure = {
  /** The number of failures in a row, including this one. */
  readonly count: number;
  readonly retryInMs: number;
};

/**
 * Counts the failures in a row of a part, with the pause before its next start ({@link backoffMs}).
 * After 30 s of being ready, the next failure counts as the first.
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
    return { count, retryInMs: backoffMs(count, pauses) };
  };
  return { ready, fail };
};
