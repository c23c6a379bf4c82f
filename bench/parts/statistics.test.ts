import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quantile, spreadOf } from './statistics.ts';

test('the median is the middle one, or half way between the two in the middle', () => {
  assert.equal(quantile([30, 10, 20], 0.5), 20);
  assert.equal(quantile([40, 10, 20, 30], 0.5), 25);
});

test('a quantile lies between its neighbours, by numbers and not by letters', () => {
  const values = Array.from({ length: 101 }, (_, index) => index * 10);
  assert.equal(quantile(values, 0.99), 990);
  assert.equal(quantile(values, 1), 1_000);
  assert.equal(quantile([9, 100], 0), 9);
});

test('the spread of rounds is their median, the lowest and the highest', () => {
  assert.deepEqual(spreadOf([5, 1, 3]), { median: 3, low: 1, high: 5 });
});
