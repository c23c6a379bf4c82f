/** The error for a write that fewer replicas hold than required. */
export class TooFewReplicasError extends Error {
  readonly code = 'TOO_FEW_REPLICAS';
}

// Part of an attempt that is reserved for the round trip.
const marginMs = 100;

/**
 * Returns the arguments of WAIT for an attempt of `withinMs`. WAIT must go to the connection that
 * wrote the entries. It must be answered before the attempt times out.
 */
export const waitArguments = (replicas: number, withinMs: number): string[] => [
  'WAIT',
  String(replicas),
  // 0 would wait without a timeout.
  String(Math.max(1, Math.floor(withinMs - marginMs))),
];

/**
 * Checks the reply of WAIT, which is the number of replicas. Throws a {@link TooFewReplicasError}.
 */
export const checkReplicas = (reply: unknown, replicas: number): void => {
  if (typeof reply === 'number' && reply >= replicas) return;
  throw new TooFewReplicasError(`Only ${String(reply)} of ${replicas} required replicas hold the batch`);
};
