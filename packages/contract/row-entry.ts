/**
 * An entry with rows of a table: one batch, as a Redis stream holds it.
 *
 * | field | content |
 * | --- | --- |
 * | `b` | batch id, as in an entry with counts |
 * | `c` | names of the columns, joined by commas, in the order of the declaration |
 * | `n` | number of rows, 1 to 1,000 |
 * | `v` | the rows as JSON: a list of lists of values in canonical form |
 * | `k` | `1` if the request had an `Idempotency-Key` |
 */
import type { EntryCodec } from './entry-codec.ts';
import { readIdentity, type BatchIdentity } from './entry.ts';

/** Maximum number of rows in one entry. */
const maxRowsPerEntry = 1_000;

// Entries of about 64 KiB: one costs little next to its rows, and a few fit into a transaction.
const maxBytesOfRows = 65_536;

/** Maximum size of an entry with rows that a consumer reads: one row of 1 MiB, and its columns. */
export const maxRowEntryBytes = 1_114_112;

/** Creates the codec of the rows of a table. An item is the JSON text of a row's values. */
export const rowCodecOf = (columns: readonly { readonly name: string }[]): EntryCodec<string> => {
  const names = columns.map(({ name }) => name).join(',');
  return {
    maxItems: maxRowsPerEntry,
    maxBytes: maxBytesOfRows,
    bytesOf: (rows) => rows.reduce((sum, row) => sum + Buffer.byteLength(row) + 1, 0),
    encode: ({ batchId, items, isKeyed }) => ({
      b: batchId,
      c: names,
      n: String(items.length),
      v: `[${items.join(',')}]`,
      ...(isKeyed ? { k: '1' } : {}),
    }),
    // Without names and the NULLs at the end: the same rows are the same request after a new column.
    textOf: (rows) => rows.map((row) => row.replace(/(?:,null)+\]$/, ']')).join('\n'),
  };
};

/**
 * A batch of rows in the form of its entry. Only the outer form is checked: MySQL checks the values
 * and the number of rows.
 */
export type EncodedRows = BatchIdentity & {
  /** The names of the first columns of the table. The rest is NULL. */
  readonly columns: readonly string[];
  /** The number of rows that `rows` should have. */
  readonly size: number;
  /** JSON text, a list of lists. */
  readonly rows: string;
};

/**
 * Returns the fields of the two entries that together have the rows of a batch of several, or
 * undefined if its rows are not the list that it says. `ids` are the batch ids of the two.
 */
export const splitRowEntry = (
  batch: EncodedRows,
  ids: readonly [string, string],
): readonly [Record<string, string>, Record<string, string>] | undefined => {
  let rows: unknown;
  try {
    rows = JSON.parse(batch.rows);
  } catch {
    return undefined;
  }
  if (!Array.isArray(rows) || rows.length !== batch.size || batch.size < 2) return undefined;
  const middle = Math.ceil(rows.length / 2);
  const entryOf = (batchId: string, its: readonly unknown[]) => ({
    b: batchId,
    c: batch.columns.join(','),
    n: String(its.length),
    v: JSON.stringify(its),
    ...(batch.isKeyed ? { k: '1' } : {}),
  });
  return [entryOf(ids[0], rows.slice(0, middle)), entryOf(ids[1], rows.slice(middle))];
};

const sizePattern = /^[1-9]\d{0,3}$/;

/**
 * Checks the form of an entry of a table with these columns. Its own columns are the first of the
 * table, all of them unless an older producer made it.
 */
export const parseRowEntry = (
  fields: Readonly<Record<string, string | undefined>>,
  columns: readonly { readonly name: string }[],
): { ok: true; batch: EncodedRows } | { ok: false; reason: string } => {
  const identity = readIdentity(fields);
  if ('reason' in identity) return { ok: false, reason: identity.reason };
  const { c: list = '', n: number = '', v: rows = '' } = fields;
  const names = list.split(',');
  const differs = names.findIndex((name, index) => name !== columns[index]?.name);
  if (differs >= columns.length) {
    const unknown = names.slice(columns.length).join(', ');
    return {
      ok: false,
      reason: `field c has columns that this release does not know (${unknown}): a newer release made the entry; replay it after the upgrade`,
    };
  }
  if (differs !== -1) {
    return {
      ok: false,
      reason: `field c has ${JSON.stringify(names[differs])} at the place of ${columns[differs]?.name}`,
    };
  }
  if (!sizePattern.test(number) || Number(number) > maxRowsPerEntry) {
    return { ok: false, reason: `field n is not a number of rows from 1 to ${maxRowsPerEntry}` };
  }
  if (!rows.startsWith('[[') || !rows.endsWith(']]')) {
    return { ok: false, reason: 'field v is not a list of lists in JSON' };
  }
  return { ok: true, batch: { ...identity, columns: names, size: Number(number), rows } };
};
