import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Posted } from '../client/history.ts';
import { check, type History, type Recorded } from './check.ts';

const request = (first: number, outcome: Posted['outcome'], length = 1): Posted => ({
  table: 'count',
  first,
  length,
  outcome,
  isKeyed: false,
  attempts: [],
});

const history: History = {
  posted: [request(1, 'acknowledged', 3), request(4, 'unknown', 2), request(6, 'unknown', 2), request(8, 'refused')],
  reads: [
    { at: 0, endedAt: 10, total: 1 },
    { at: 5, endedAt: 20, total: 0 },
    { at: 30, endedAt: 40, total: 5 },
  ],
};

const recordedOf = (...counts: number[]): Recorded => ({
  items: { count: counts, page_view: [], sensor_reading: [] },
  totals: { count: counts.length, page_view: 0, sensor_reading: 0 },
  changed: [],
  deadLetters: 0,
});

const good = recordedOf(1, 2, 3, 6, 7);

const brokenRules = (its: History, recorded: Recorded) =>
  check(its, recorded).filter(({ violations }) => violations.length > 0);

test('acknowledged requests once, unknown ones once or never, refused ones never: no rule is broken', () => {
  assert.deepEqual(brokenRules(history, good), []);
});

for (const [what, its, recorded, rule, violation] of [
  ['a lost item', history, recordedOf(1, 3, 6, 7), 'acknowledged, so recorded', 'count 2'],
  ['an item of a known request twice', history, recordedOf(1, 1, 2, 3), 'recorded at most once', 'count 1'],
  ['an item of an unknown request twice', history, recordedOf(1, 2, 3, 6, 6, 7), 'recorded at most once', 'count 6'],
  ['a refused item', history, recordedOf(1, 2, 3, 8), 'refused, so not recorded', 'count 8'],
  ['an item that nobody sent', history, recordedOf(1, 2, 3, 9), 'recorded, so sent', 'count 9'],
  ['half of a request', history, recordedOf(1, 2, 3, 4), 'recorded as a whole request or not at all', 'count 4 to 5'],
  [
    'another value',
    history,
    { ...good, changed: ['page_view 1'] },
    'recorded with the values that were sent',
    'page_view 1',
  ],
  [
    'a receipt for something else',
    { ...history, posted: [...history.posted, { ...request(10, 'unknown'), lie: '201' }] },
    good,
    'answered by the contract',
    '201',
  ],
  [
    'a total that goes back',
    { ...history, reads: [...history.reads, { at: 50, endedAt: 60, total: 4 }] },
    good,
    'a later read has no smaller total',
    '4 at 50 ms, after 5',
  ],
  [
    'a wrong total',
    history,
    { ...good, totals: { ...good.totals, count: 6 } },
    'the totals are the numbers of rows',
    'count: 6 and not 5',
  ],
  ['a dead letter', history, { ...good, deadLetters: 1 }, 'no dead letters', '1 dead letters'],
] as const) {
  test(`${what} breaks only the rule "${rule}"`, () => {
    assert.deepEqual(brokenRules(its, recorded), [{ rule, violations: [violation] }]);
  });
}
