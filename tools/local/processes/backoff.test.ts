import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBackoff } from './backoff.ts';

test('the backoff doubles up to a limit, with jitter', () => {
  const series = Array.from({ length: 50 }, () => {
    const { fail } = createBackoff(() => 0);
    return Array.from({ length: 2_000 }, fail);
  });
  for (const failures of series) {
    for (const [index, { count, retryInMs }] of failures.entries()) {
      const pauseMs = Math.min(500 * 2 ** index, 15_000);
      assert.equal(count, index + 1);
      assert.ok(retryInMs > pauseMs / 2 - 1 && retryInMs <= pauseMs, `${index}: ${retryInMs}`);
    }
  }
  assert.ok(new Set(series.map(([first]) => first?.retryInMs)).size > 1);
});

test('the backoff resets after a part was ready for a while, and not if it dies soon', () => {
  let time = 0;
  const { ready, fail } = createBackoff(() => time);
  const runFor = (ms: number) => {
    ready();
    time += ms;
    return fail().count;
  };
  assert.deepEqual([fail().count, runFor(1_000), runFor(29_999), runFor(30_000), runFor(0)], [1, 2, 3, 1, 2]);
  // It was never ready, so a long time does not count.
  time += 1_000_000;
  assert.equal(fail().count, 3);
});
