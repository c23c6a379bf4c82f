/**
 * An entry of the queue: one batch, as a Redis stream holds it.
 *
 * | field | content |
 * | --- | --- |
 * | `b` | batch id, 32 lower-case hexadecimal digits: the identity of the batch everywhere |
 * | `v` | 1 to 1,000 counts in decimal, joined by commas |
 *
 * Fields not named here are left alone, so that a newer producer can be read by an older consumer.
 */

/** The most counts that one entry holds. */
export const maxCountsPerEntry = 1_000;

/** The counts that were acknowledged together, under the id that tells whether they are recorded. */
export type Batch = { readonly batchId: string; readonly counts: readonly number[] };

/** The fields of an entry, as XADD takes them. */
export const encodeEntry = ({ batchId, counts }: Batch): { b: string; v: string } => ({
  b: batchId,
  v: counts.join(','),
});

const batchIdPattern = /^[0-9a-f]{32}$/;
const countsPattern = /^-?\d{1,16}(?:,-?\d{1,16})*$/;

/** Checks an entry completely. What it lets through is safe to put into SQL as it stands. */
export const parseEntry = (
  fields: Readonly<Record<string, string | undefined>>,
): { ok: true; batch: Batch } | { ok: false; reason: string } => {
  const { b: batchId, v: list } = fields;
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
  return { ok: true, batch: { batchId, counts } };
};
