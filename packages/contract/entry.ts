import type { EntryCodec } from './entry-codec.ts';

/**
 * An entry of the queue: one batch, as a Redis stream holds it.
 *
 * | field | content |
 * | --- | --- |
 * | `b` | batch id, 32 lower-case hexadecimal digits: the identity of the batch everywhere |
 * | `v` | 1 to 1,000 counts in decimal, joined by commas |
 * | `k` | `1` if the request had an `Idempotency-Key`: the batch id is then kept longer |
 *
 * Other fields are ignored, so that an older consumer can read the entries of a newer producer.
 */

/** Maximum number of counts in one entry. */
const maxCountsPerEntry = 1_000;

/**
 * Maximum size of an entry that a consumer reads: the bytes of all names and values. 1,000 counts
 * need 18,000.
 */
export const maxEntryBytes = 32_768;

/** Maximum number of fields of an entry that a consumer reads. */
export const maxEntryFields = 100;

/** The counts that are acknowledged together, under an id that tells if they are recorded. */
export type Batch = {
  readonly batchId: string;
  readonly counts: readonly number[];
  /** True if the request had an `Idempotency-Key`. */
  readonly isKeyed: boolean;
};

/** Encodes a batch as the fields of an entry, as XADD takes them. */
export const encodeEntry = ({ batchId, counts, isKeyed }: Batch): Record<string, string> => ({
  b: batchId,
  v: counts.join(','),
  ...(isKeyed ? { k: '1' } : {}),
});

/** The codec of counts. */
export const countCodec: EntryCodec<number> = {
  maxItems: maxCountsPerEntry,
  maxBytes: maxEntryBytes,
  bytesOf: () => 0,
  encode: ({ batchId, items, isKeyed }) => encodeEntry({ batchId, counts: items, isKeyed }),
  textOf: (counts) => counts.join(','),
};

/** The identity of a batch, of counts or of rows. */
export type BatchIdentity = Pick<Batch, 'batchId' | 'isKeyed'>;

/**
 * A checked batch in the form of its entry. The consumer does no arithmetic, so counts stay text
 * all the way into SQL.
 */
export type EncodedBatch = BatchIdentity & {
  /** 1 to 1,000 integers within ±(2^53−1) in decimal, joined by commas. */
  readonly list: string;
  /** The number of counts in `list`. */
  readonly size: number;
};

const batchIdPattern = /^[0-9a-f]{32}$/;
const countsPattern = /^-?\d{1,16}(?:,-?\d{1,16})*$/;
// A sign, 16 digits and a comma per count. Longer text is refused before the pattern is matched,
// whose time and stack grow with the text.
const maxListLength = maxCountsPerEntry * 18;
// A count with fewer digits is within ±(2^53−1).
const longCountPattern = /\d{16}/;

/** Checks an entry completely. An accepted batch is safe to put into SQL unchanged. */
export const parseEntry = (
  fields: Readonly<Record<string, string | undefined>>,
): { ok: true; batch: EncodedBatch } | { ok: false; reason: string } => {
  const identity = readIdentity(fields);
  if ('reason' in identity) return { ok: false, reason: identity.reason };
  const { v: list } = fields;
  if (list !== undefined && list.length > maxListLength) {
    return { ok: false, reason: `field v has ${list.length} characters, more than ${maxListLength}` };
  }
  if (list === undefined || !countsPattern.test(list)) {
    return { ok: false, reason: 'field v is not a list of decimal integers joined by commas' };
  }
  const size = countItems(list);
  if (size > maxCountsPerEntry) {
    return { ok: false, reason: `field v has ${size} counts, more than ${maxCountsPerEntry}` };
  }
  if (longCountPattern.test(list) && !list.split(',').map(Number).every(Number.isSafeInteger)) {
    return { ok: false, reason: 'field v has a count beyond ±(2^53−1)' };
  }
  return { ok: true, batch: { ...identity, list, size } };
};

/** Reads the id of a batch and whether its request had an `Idempotency-Key`. */
export const readIdentity = ({
  b: batchId,
  k: keyed,
}: Readonly<Record<string, string | undefined>>): BatchIdentity | { readonly reason: string } => {
  if (batchId === undefined || !batchIdPattern.test(batchId)) {
    return { reason: 'field b is not a batch id of 32 lower-case hexadecimal digits' };
  }
  if (keyed !== undefined && keyed !== '1') return { reason: 'field k is not 1' };
  return { batchId, isKeyed: keyed === '1' };
};

const countItems = (list: string): number => {
  let items = 1;
  for (let comma = list.indexOf(','); comma !== -1; comma = list.indexOf(',', comma + 1)) items += 1;
  return items;
};
