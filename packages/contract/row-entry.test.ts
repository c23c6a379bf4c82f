import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countCodec } from './entry.ts';
import { parseRowEntry, rowCodecOf, splitRowEntry } from './row-entry.ts';

const columns = [{ name: 'a' }, { name: 'b' }];
const batchId = 'ab'.repeat(16);
const codec = rowCodecOf(columns);
const entry = codec.encode({ batchId, items: ['[1,null]', '["ü",2]'], isKeyed: true });

// Entries outlive a release: another form would be read by the consumers of the one before.
test('an entry has the documented fields, of rows and of counts', () => {
  assert.deepEqual(entry, { b: batchId, c: 'a,b', n: '2', v: '[[1,null],["ü",2]]', k: '1' });
  assert.deepEqual(countCodec.encode({ batchId, items: [1, -2, 3], isKeyed: false }), { b: batchId, v: '1,-2,3' });
  assert.deepEqual(countCodec.encode({ batchId, items: [1], isKeyed: true }), { b: batchId, v: '1', k: '1' });
});

test('an entry is parsed to what was encoded', () => {
  assert.deepEqual(parseRowEntry(entry, columns), {
    ok: true,
    batch: { batchId, isKeyed: true, columns: ['a', 'b'], size: 2, rows: '[[1,null],["ü",2]]' },
  });
});

test('an entry of an older producer has the first columns', () => {
  const parsed = parseRowEntry(entry, [...columns, { name: 'new' }]);
  assert.ok(parsed.ok);
  assert.deepEqual(parsed.batch.columns, ['a', 'b']);
});

for (const [what, part, reason] of [
  ['no batch id', { b: 'x' }, /field b/],
  ['another mark of a key', { k: '2' }, /field k/],
  ['a column that is not known', { c: 'a,b,c' }, /does not know \(c\): a newer release made the entry; replay it/],
  ['another column', { c: 'a,x' }, /"x" at the place of b/],
  ['columns in another order', { c: 'b,a' }, /"b" at the place of a/],
  ['no columns', { c: '' }, /"" at the place of a/],
  ['no rows', { n: '0' }, /field n/],
  ['too many rows', { n: '1001' }, /field n/],
  ['a number of rows that is none', { n: '1e2' }, /field n/],
  ['rows that are no list of lists', { v: '[1]' }, /field v/],
  ['rows without an end', { v: '[[1,2]' }, /field v/],
] as const) {
  test(`an entry with ${what} is refused with its reason`, () => {
    const parsed = parseRowEntry({ ...entry, ...part }, columns);
    assert.ok(!parsed.ok);
    assert.match(parsed.reason, reason);
  });
}

test('a batch is split into two entries that have all its rows, in order', () => {
  const rows = Array.from({ length: 7 }, (_, index) => [index, 'ü']);
  const batch = { batchId, isKeyed: true, columns: ['a', 'b'], size: 7, rows: JSON.stringify(rows) };
  const halves = splitRowEntry(batch, ['1'.repeat(32), '2'.repeat(32)]) ?? [];
  const parsed = halves.map((fields) => parseRowEntry(fields, columns));
  assert.deepEqual(
    parsed.map((its) => (its.ok ? [its.batch.batchId, its.batch.size, its.batch.isKeyed] : its)),
    [
      ['1'.repeat(32), 4, true],
      ['2'.repeat(32), 3, true],
    ],
  );
  assert.deepEqual(
    parsed.flatMap((its): unknown => (its.ok ? JSON.parse(its.batch.rows) : [])),
    rows,
  );
});

test('a batch of one row, or with other rows than it says, is not split', () => {
  const batch = { batchId, isKeyed: false, columns: ['a'], size: 2, rows: '[[1],[2]]' };
  const ids = ['1'.repeat(32), '2'.repeat(32)] as const;
  assert.notEqual(splitRowEntry(batch, ids), undefined);
  assert.equal(splitRowEntry({ ...batch, size: 1, rows: '[[1]]' }, ids), undefined);
  assert.equal(splitRowEntry({ ...batch, size: 3 }, ids), undefined);
  assert.equal(splitRowEntry({ ...batch, rows: '[[1],[2]' }, ids), undefined);
});

test('the same rows are the same request before and after a new column, and other rows are another', () => {
  const newer = rowCodecOf([...columns, { name: 'new' }]);
  assert.equal(newer.textOf(['[1,null,null]', '["ü",2,null]']), codec.textOf(['[1,null]', '["ü",2]']));
  const texts = [['[1,2]'], ['[1]'], ['[1]', '[2]'], ['[[1],[2]]'], ['["1,null"]'], ['[null,1]']].map((rows) =>
    newer.textOf(rows),
  );
  assert.equal(new Set(texts).size, texts.length);
});
