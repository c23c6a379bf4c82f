import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeEntry, parseEntry } from './entry.ts';

const batchId = '00112233445566778899aabbccddeeff';

test('an encoded entry parses back to the same batch', () => {
  const counts = [0, -1, 1_700_000_000, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
  for (const isKeyed of [false, true]) {
    const batch = { batchId, counts, isKeyed };
    assert.deepEqual(parseEntry(encodeEntry(batch)), {
      ok: true,
      batch: { batchId, list: counts.join(','), size: counts.length, isKeyed },
    });
  }
});

test('1,000 counts are parsed, and 1,001 refused', () => {
  const list = (size: number) => Array<number>(size).fill(1).join(',');
  const parsed = parseEntry({ b: batchId, v: list(1_000) });
  assert.ok(parsed.ok);
  assert.equal(parsed.batch.size, 1_000);
  assert.deepEqual(parseEntry({ b: batchId, v: list(1_001) }), {
    ok: false,
    reason: 'field v has 1001 counts, more than 1000',
  });
});

test('a list that is too long is refused before it is parsed', () => {
  // No text of 18,000 characters is a list of 1,000 counts.
  assert.deepEqual(parseEntry({ b: batchId, v: 'x'.repeat(18_001) }), {
    ok: false,
    reason: 'field v has 18001 characters, more than 18000',
  });
  assert.match(JSON.stringify(parseEntry({ b: batchId, v: 'x'.repeat(18_000) })), /not a list of decimal integers/);
});

test('1,000 of the longest counts are parsed', () => {
  const counts = Array<number>(1_000).fill(Number.MIN_SAFE_INTEGER);
  assert.equal(parseEntry(encodeEntry({ batchId, counts, isKeyed: true })).ok, true);
});

test('unknown fields of a newer producer are ignored', () => {
  assert.equal(parseEntry({ b: batchId, v: '1', tp: '00-x' }).ok, true);
});

const faulty: Readonly<Record<string, Record<string, string>>> = {
  'no batch id': { v: '1' },
  'a batch id in upper case': { b: batchId.toUpperCase(), v: '1' },
  'a batch id that is too short': { b: batchId.slice(1), v: '1' },
  'a batch id that is too long': { b: `${batchId}0`, v: '1' },
  'a batch id with a line break behind it': { b: `${batchId}\n`, v: '1' },
  'a batch id with a line break before it': { b: `\n${batchId}`, v: '1' },
  'SQL before its batch id': { b: `'); DROP TABLE inbox; -- ${batchId}`, v: '1' },
  'SQL behind its batch id': { b: `${batchId}'); DROP TABLE inbox; -- `, v: '1' },
  'no counts': { b: batchId },
  'an empty list': { b: batchId, v: '' },
  'a gap in the list': { b: batchId, v: '1,,2' },
  'a comma before the first count': { b: batchId, v: ',12' },
  'commas before a first count of several digits': { b: batchId, v: ',,1700000000,1' },
  'SQL before the first count': { b: batchId, v: '1); DROP TABLE count; --12' },
  'a comma behind the last count': { b: batchId, v: '12,' },
  'a line break behind the last count': { b: batchId, v: '12\n' },
  'a space in the list': { b: batchId, v: '1, 2' },
  'two signs': { b: batchId, v: '--1' },
  'a plus sign': { b: batchId, v: '+1' },
  'a sign alone': { b: batchId, v: '1,-' },
  'a count of 17 digits': { b: batchId, v: '00000000000000001' },
  'a later count of 17 digits': { b: batchId, v: '1,00000000000000001' },
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
