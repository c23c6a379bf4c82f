import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultOf, faults } from '../faults/all.ts';
import { createSchedule, type Planned } from './schedule.ts';

const seeds = Array.from({ length: 50 }, (_, index) => index * 7_919);
const full = (seed: number) => createSchedule(faults, { seed, minutes: 10, isQuick: false });
const quick = (seed: number) => createSchedule(faults, { seed, minutes: 2, isQuick: true });
const kindsOf = (planned: readonly Planned[]) => planned.map(({ kind }) => kind).toSorted();

test('a seed determines the schedule, and another seed gives another', () => {
  for (const plan of [full, quick]) {
    assert.deepEqual(plan(42), plan(42));
    assert.notDeepEqual(plan(42), plan(43));
  }
});

test('a quick run has each kind of fault once, within two minutes', () => {
  for (const seed of seeds) {
    assert.deepEqual(kindsOf(quick(seed)), faults.map(({ kind }) => kind).toSorted());
    assert.ok(Number(quick(seed).at(-1)?.at) < 120);
  }
});

test('a run of ten minutes has at least 150 faults, and each kind at least twice', () => {
  for (const seed of seeds) {
    const counts = Object.groupBy(full(seed), ({ kind }) => kind);
    assert.ok(full(seed).length >= 150, `${full(seed).length} faults of seed ${seed}`);
    for (const { kind } of faults) assert.ok((counts[kind]?.length ?? 0) >= 2, `${kind} of seed ${seed}`);
  }
});

test('no two faults are planned for one part at a time, and none next to a zone that is cut off', () => {
  for (const planned of [full(1), quick(1)]) {
    for (const [index, { kind, at, seconds }] of planned.entries()) {
      const meanwhile = planned.slice(index + 1).filter((other) => other.at < at + seconds);
      for (const other of meanwhile) {
        const both = faultOf(kind).parts.filter((part) => faultOf(other.kind).parts.includes(part));
        assert.deepEqual(both, [], `${kind} at ${at} s and ${other.kind} at ${other.at} s`);
      }
    }
  }
});

test('a schedule is in order, and takes targets, amounts and times of its faults', () => {
  const planned = full(5);
  assert.deepEqual(
    planned,
    planned.toSorted((one, other) => one.at - other.at),
  );
  for (const { kind, target, amount, seconds } of planned) {
    const { targets, amounts = [0], seconds: [low, high] = [0, 0] } = faultOf(kind);
    assert.ok(targets.includes(target) && amounts.includes(amount), `${kind} ${target} ${amount}`);
    assert.ok(low <= seconds && seconds <= high, `${kind} for ${seconds} s`);
  }
});
