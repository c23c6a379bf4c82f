import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryUntilDeadline } from './retry-until-deadline.ts';

const lost = new Error('the connection closed before the reply');
const outOfMemory = new Error("OOM command not allowed when used memory > 'maxmemory'.");

/** Sends with these results, one for each attempt. */
const sendWith = (...results: readonly ('acknowledged' | 'full' | Error)[]) => {
  let attempt = 0;
  return retryUntilDeadline(performance.now() + 60_000, { attemptMs: 1_000, onError: () => undefined }, async () => {
    const result = results[attempt++];
    if (result === undefined) throw new Error('It was sent once more than expected');
    if (typeof result !== 'string') throw result;
    return result;
  });
};

test('a queue that is full after an attempt without a reply is unavailable, because that attempt may have added the counts', async () => {
  assert.equal(await sendWith('full'), 'full');
  assert.equal(await sendWith(outOfMemory), 'full');
  assert.equal(await sendWith(lost, 'full'), 'unavailable');
  assert.equal(await sendWith(lost, outOfMemory), 'unavailable');
  assert.equal(await sendWith(lost, lost, 'acknowledged'), 'acknowledged');
});
