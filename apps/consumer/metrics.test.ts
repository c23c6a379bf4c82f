import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinStates, type QueueState } from '@sluice/queue/admin/queue-state.ts';
import { createMetrics } from '@sluice/runtime/metrics/metrics.ts';
import { createConsumerMetrics } from './metrics.ts';

const stateOf = (part: Partial<QueueState>): QueueState => ({
  waitingBatches: 0,
  oldestAgeMs: 0,
  inFlightBatches: 0,
  consumers: 2,
  deadLetters: 0,
  isPaused: false,
  ...part,
});

test('the state of all queues has what waits anywhere, so that an alarm needs no change for a table', () => {
  const counts = stateOf({ waitingBatches: 1, oldestAgeMs: 5, deadLetters: 1 });
  const tables = [
    stateOf({ waitingBatches: 2, oldestAgeMs: 90_000, inFlightBatches: 1, isPaused: true, consumers: 1 }),
    stateOf({ deadLetters: 3 }),
  ];
  assert.deepEqual(joinStates(counts, tables), {
    waitingBatches: 3,
    oldestAgeMs: 90_000,
    inFlightBatches: 1,
    consumers: 2,
    deadLetters: 4,
    isPaused: false,
  });
  assert.deepEqual(joinStates(counts, []), counts);
});

test('rows count as recorded, in all and for their table', async () => {
  const metrics = createMetrics(process, 'consumer');
  const { recorded, ofTable, setTableState } = createConsumerMetrics(metrics, () => 0);
  recorded(5, 0, 1, 1);
  ofTable('vote').recorded(7, 0, 1, 1);
  setTableState('vote', stateOf({ waitingBatches: 4, oldestAgeMs: 2_000, isPaused: true }));
  const text = await metrics.registry.metrics();
  for (const line of [
    /^sluice_recorded_total\{.*\} 12$/m,
    /^sluice_recorded_rows_total\{.*table="vote".*\} 7$/m,
    /^sluice_table_waiting_batches\{.*table="vote".*\} 4$/m,
    /^sluice_table_oldest_age_seconds\{.*table="vote".*\} 2$/m,
    /^sluice_table_paused\{.*table="vote".*\} 1$/m,
  ]) {
    assert.match(text, line);
  }
});
