import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addMoment, createRateMeter, emptyHistory, historySeconds } from './history.ts';

test('rows per second come from two totals that are apart', () => {
  const meter = createRateMeter();
  assert.equal(meter.take(100, 0), null);
  assert.equal(meter.take(300, 1_000), 200);
  // Two events that the network brought together.
  assert.equal(meter.take(900, 1_001), 200);
  assert.equal(meter.take(900, 2_000), 600);
  assert.equal(meter.take(undefined, 3_000), null);
  assert.equal(meter.take(5_000, 4_000), null);
});

test('the history never grows beyond its time', () => {
  let history = emptyHistory;
  for (let second = 0; second < 2 * historySeconds; second += 1)
    history = addMoment(history, second * 1_000, null, second);
  assert.equal(history.at.length, historySeconds);
  assert.equal(history.perSecond.at(-1), 2 * historySeconds - 1);
  assert.equal(history.waiting.length, historySeconds);
});
