import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeEntry, parseEntry } from './entry.ts';

const batchId = '00112233445566778899aabbccddeeff';

test('what is encoded is parsed back', () => {
  const counts = [0, -1, 1_700_000_000, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
  for (const isKeyed of [false, true]) {
    const batch = { batchId, counts, isKeyed };
    assert.deepEqual(parseEntry(encodeEntry(batch)), {
      ok: true,
      batch: { batchId, list: counts.join(','), size: counts.length, isKeyed },
    });
  }
});

test('1,000 of the longest counts are parsed', () => {
  const counts = Array<number>(1_000).fill(Number.MIN_SAFE_INTEGER);
  assert.equal(parseEntry(encodeEntry({ batchId, counts, isKeyed: true })).ok, true);
});

test('fields that a newer producer may add are left alone', () => {
  assert.equal(parseEntry({ b: batchId, v: '1', tp: '00-x' }).ok, true);
});

const faulty: Readonly<Record<string, Record<string, string>>> = {
  'no batch id': { v: '1' },
  'a batch id in upper case': { b: batchId.toUpperCase(), v: '1' },
  'a batch id that is too short': { b: batchId.slice(1), v: '1' },
  'a batch id with a line break behind it': { b: `${batchId}\n`, v: '1' },
  'no counts': { b: batchId },
  'an empty list': { b: batchId, v: '' },
  'a gap in the list': { b: batchId, v: '1,,2' },
  'a fraction': { b: batchId, v: '1.5' },
  'an exponent': { b: batchId, v: '1e3' },
  SQL: { b: batchId, v: '1); DROP TABLE count; --' },
  'a count beyond 2^53−1': { b: batchId, v: '9007199254740992' },
  'a count below −(2^53−1)': { b: batchId, v: '1,-9007199254740992,2' },
  'a key mark that is not 1': { b: batchId, v: '1', k: 'yes' },
  'a list of 24 MB': { b: batchId, v: '1,'.repeat(12_000_000) },
  'more than 1,000 counts': { b: batchId, v: Array(1_001).fill('1').join(',') },
};

for (const [what, fields] of Object.entries(faulty)) {
  test(`an entry with ${what} is refused with its reason`, () => {
    const result = parseEntry(fields);
    assert.equal(result.ok, false);
    assert.match(result.ok ? '' : result.reason, /^field [bvk] /);
  });
}
