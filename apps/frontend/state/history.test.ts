import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addMoment, createRateMeter, createStreamClock, emptyHistory, historySeconds } from './history.ts';

test('rows per second come from two totals at different times', () => {
  const meter = createRateMeter();
  const take = (rows: number | undefined, atMs: number, stream = 'a') => meter.take({ stream, atMs, rows });
  assert.equal(take(100, 0), null);
  assert.equal(take(300, 1_000), 200);
  assert.equal(take(900, 1_001), 200);
  assert.equal(take(900, 2_000), 600);
  assert.equal(take(undefined, 3_000), null);
  assert.equal(take(5_000, 4_000), null);
});

test('rows per second never mix two streams, or a stream whose time went back', () => {
  const meter = createRateMeter();
  const take = (rows: number, atMs: number, stream: string) => meter.take({ stream, atMs, rows });
  take(0, 500_000, 'a');
  assert.equal(take(1_000, 501_000, 'a'), 1_000);
  assert.equal(take(2_000, 900_000, 'b'), null);
  assert.equal(take(3_000, 901_000, 'b'), 1_000);
  assert.equal(take(4_000, 100, 'b'), null);
  assert.equal(take(5_000, 1_100, 'b'), 1_000);
});

test('a delayed event is shown at the time of its reading', () => {
  const clock = createStreamClock();
  assert.equal(clock.toLocalMs('a', 1_000, 80_020), 80_020);
  assert.equal(clock.toLocalMs('a', 2_000, 81_010), 81_010);
  assert.equal(clock.toLocalMs('a', 3_000, 86_010), 82_010);
  assert.equal(clock.toLocalMs('a', 4_000, 86_011), 83_010);
  // The browser's clock is set forward, then back. Then another stream starts.
  assert.equal(clock.toLocalMs('a', 5_000, 3_000_000), 3_000_000);
  assert.equal(clock.toLocalMs('a', 6_000, 90_000), 90_000);
  assert.equal(clock.toLocalMs('b', 7_000, 91_000), 91_000);
});

test('the history never exceeds its period', () => {
  let history = emptyHistory;
  for (let second = 0; second < 2 * historySeconds; second += 1)
    history = addMoment(history, second * 1_000, null, second);
  assert.equal(history.at.length, historySeconds);
  assert.equal(history.perSecond.at(-1), 2 * historySeconds - 1);
  assert.equal(history.waiting.length, historySeconds);
});
