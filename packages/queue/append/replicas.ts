/** Fewer replicas than asked for hold what was written. */
export class TooFewReplicasError extends Error {
  readonly code = 'TOO_FEW_REPLICAS';
}

// What is left of an attempt for the way there and back.
const marginMs = 100;

/** WAIT's arguments for an attempt that may take `withinMs`. It must be written by the connection that wrote what it waits for, and be answered before the attempt is given up. */
export const waitArguments = (replicas: number, withinMs: number): string[] => [
  'WAIT',
  String(replicas),
  // 0 would be for ever.
  String(Math.max(1, Math.floor(withinMs - marginMs))),
];

/** Checks WAIT's reply, the number of replicas. Throws {@link TooFewReplicasError}. */
export const checkReplicas = (reply: unknown, replicas: number): void => {
  if (typeof reply === 'number' && reply >= replicas) return;
  throw new TooFewReplicasError(`${String(reply)} replicas hold the batch in time, ${replicas} must`);
};
