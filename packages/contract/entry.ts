/**
 * An entry of the queue: one batch, as a Redis stream holds it.
 *
 * | field | content |
 * | --- | --- |
 * | `b` | batch id, 32 lower-case hexadecimal digits: the identity of the batch everywhere |
 * | `v` | 1 to 1,000 counts in decimal, joined by commas |
 * | `k` | `1` when the batch belongs to a request with an `Idempotency-Key`: its id is then kept longer |
 *
 * Fields not named here are left alone, so that a newer producer can be read by an older consumer.
 */

/** The most counts that one entry holds. */
export const maxCountsPerEntry = 1_000;

/** The counts that were acknowledged together, under the id that tells whether they are recorded. */
export type Batch = {
  readonly batchId: string;
  readonly counts: readonly number[];
  /** Whether the request had an `Idempotency-Key`. */
  readonly isKeyed: boolean;
};

/** The fields of an entry, as XADD takes them. */
export const encodeEntry = ({ batchId, counts, isKeyed }: Batch): Record<string, string> => ({
  b: batchId,
  v: counts.join(','),
  ...(isKeyed ? { k: '1' } : {}),
});

const batchIdPattern = /^[0-9a-f]{32}$/;
const countsPattern = /^-?\d{1,16}(?:,-?\d{1,16})*$/;

/** Checks an entry completely. What it lets through is safe to put into SQL as it stands. */
export const parseEntry = (
  fields: Readonly<Record<string, string | undefined>>,
): { ok: true; batch: Batch } | { ok: false; reason: string } => {
  const { b: batchId, v: list, k: keyed } = fields;
  if (batchId === undefined || !batchIdPattern.test(batchId)) {
    return { ok: false, reason: 'field b is not a batch id of 32 lower-case hexadecimal digits' };
  }
  if (list === undefined || !countsPattern.test(list)) {
    return { ok: false, reason: 'field v is not a list of decimal integers joined by commas' };
  }
  const counts = list.split(',').map(Number);
  if (counts.length > maxCountsPerEntry) {
    return { ok: false, reason: `field v has ${counts.length} counts, more than ${maxCountsPerEntry}` };
  }
  if (!counts.every(Number.isSafeInteger)) {
    return { ok: false, reason: 'field v has a count beyond ±(2^53−1)' };
  }
  if (keyed !== undefined && keyed !== '1') return { ok: false, reason: 'field k is not 1' };
  return { ok: true, batch: { batchId, counts, isKeyed: keyed === '1' } };
};
