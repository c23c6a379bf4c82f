import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findOutages } from './outages.ts';

test('an outage is a second or more between two acknowledgements, at the start, or at the end', () => {
  assert.deepEqual(findOutages([1_500, 2_000, 3_000, 3_999], 5_000), [
    { from: 0, to: 1_500 },
    { from: 2_000, to: 3_000 },
    { from: 3_999, to: 5_000 },
  ]);
  assert.deepEqual(findOutages([500, 1_400], 2_000), []);
});
