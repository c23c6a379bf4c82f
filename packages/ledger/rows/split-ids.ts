import { createHash } from 'node:crypto';

/**
 * Returns the ids that belong to the splitting of a batch: the mark that it is split, and the ids
 * of its two halves. They are the same wherever and however often it is split.
 */
export const splitIdsOf = (batchId: string) => ({
  mark: derivedId(batchId, 'mark'),
  halves: [derivedId(batchId, 'first half'), derivedId(batchId, 'second half')] as const,
});

const derivedId = (batchId: string, part: string): string =>
  createHash('sha256').update(`${batchId} ${part}`).digest('hex').slice(0, 32);
