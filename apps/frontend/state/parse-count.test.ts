import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCount } from './parse-count.ts';

for (const [text, value] of [
  ['', 1_700_000_000],
  ['  ', 1_700_000_000],
  ['5', 5],
  ['-12 345', -12_345],
  ['-0', 0],
  ['9007199254740991', 9_007_199_254_740_991],
] as const) {
  test(`"${text}" is the count ${value}`, () =>
    assert.deepEqual(parseCount(text, 1_700_000_000_999), { count: value }));
}

for (const text of ['1.5', '1e3', 'x', '-', '9007199254740992', '1'.repeat(400)]) {
  test(`"${text.slice(0, 20)}" is no count`, () => assert.ok('fault' in parseCount(text, 0)));
}
