/** The range of an exponential backoff. */
export type BackoffRange = { readonly minMs: number; readonly maxMs: number };

/**
 * Returns the pause in ms after `failures` failures in a row: exponential backoff with jitter. The
 * pause doubles with each failure, from `minMs` to `maxMs`. Up to half of it is left out at random,
 * so that processes that failed together do not retry together.
 */
export const backoffMs = (failures: number, { minMs, maxMs }: BackoffRange): number =>
  Math.min(minMs * 2 ** (failures - 1), maxMs) * (1 - Math.random() / 2);
