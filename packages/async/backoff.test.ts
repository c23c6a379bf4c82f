import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoffMs } from './backoff.ts';

for (const [failures, longestMs] of [
  [1, 100],
  [2, 200],
  [4, 800],
  [5, 1_000],
  [2_000, 1_000],
] as const) {
  test(`after ${failures} failures in a row the pause is ${longestMs / 2} to ${longestMs} ms`, () => {
    const pauses = Array.from({ length: 100 }, () => backoffMs(failures, { minMs: 100, maxMs: 1_000 }));
    assert.ok(Math.min(...pauses) >= longestMs / 2);
    assert.ok(Math.max(...pauses) <= longestMs);
    assert.ok(new Set(pauses).size > 1);
  });
}
