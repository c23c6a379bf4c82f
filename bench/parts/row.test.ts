import assert from 'node:assert/strict';
import { test } from 'node:test';
import { besideEachOther, figureOf, isMet } from './row.ts';

test('a ratio is that of the two figures of one round, and its median that of the ratios', () => {
  const rounds = [
    { one: 10, other: 10 },
    { one: 30, other: 20 },
    { one: 80, other: 40 },
  ];
  const { figure, beside, judged } = besideEachOther(rounds, 'a limit', '/s');
  assert.equal(figure.spread.median, 30);
  assert.equal(beside.figure.spread.median, 20);
  assert.deepEqual(judged.spread, { median: 1.5, low: 1, high: 2 });
});

test('a reach is met at its value, on its side, and is about what is judged', () => {
  const row = { measure: 'speed', figure: figureOf([0.5], '/s') };
  assert.equal(isMet(row), undefined);
  assert.equal(isMet({ ...row, reach: { is: 'at least', value: 0.5 } }), true);
  assert.equal(isMet({ ...row, reach: { is: 'at least', value: 0.6 } }), false);
  assert.equal(isMet({ ...row, reach: { is: 'at most', value: 0.4 } }), false);
  assert.equal(isMet({ ...row, judged: figureOf([0.9], '×'), reach: { is: 'at least', value: 0.6 } }), true);
});
