import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFairShares, type FairShares } from './fair-shares.ts';

/** Takes named shares. Adds the name of an evicted share to `lost`. */
const taker = (shares: FairShares) => {
  const lost: string[] = [];
  const take = (name: string, size: number) => shares.take(name.split(' ')[0] ?? '', size, () => lost.push(name));
  return { take, lost };
};

test('no client loses a share while there is room', () => {
  const shares = createFairShares(10);
  const { take, lost } = taker(shares);
  take('a 1', 4);
  take('b 1', 6);
  assert.deepEqual(lost, []);
  assert.equal(shares.used(), 10);
});

test('the largest client loses its largest share to a small client', () => {
  const shares = createFairShares(10);
  const { take, lost } = taker(shares);
  take('a 1', 3);
  take('a 2', 4);
  take('b 1', 3);
  take('c 1', 1);
  assert.deepEqual(lost, ['a 2']);
  assert.equal(shares.used(), 7);
});

test('a new share of the largest client is refused, and other clients keep theirs', () => {
  const shares = createFairShares(3);
  const { take, lost } = taker(shares);
  for (const name of ['a 1', 'a 2', 'b 1', 'a 3']) take(name, 1);
  assert.deepEqual(lost, ['a 3']);
});

test('a growing share may evict itself', () => {
  const shares = createFairShares(10);
  const { take, lost } = taker(shares);
  const large = take('a 1', 5);
  take('a 2', 5);
  large.grow(1);
  assert.deepEqual(lost, ['a 1']);
  large.grow(100);
  assert.equal(shares.used(), 5);
});

test('a kept share is never evicted, and its size counts until it is released', () => {
  const shares = createFairShares(10);
  const { take, lost } = taker(shares);
  const kept = take('a 1', 12);
  assert.deepEqual(lost, ['a 1']);
  const first = take('a 2', 8);
  first.keep();
  take('b 1', 3);
  assert.deepEqual(lost, ['a 1', 'b 1']);
  kept.release();
  first.release();
  first.release();
  assert.equal(shares.used(), 0);
});
