import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newestOf, rowsOfQueue } from '../aws/queue-gauges.ts';
import { formatTable } from '../cli/status-table.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 10, 22, 12, minute));

test('uses the newest value of each gauge, from either service', () => {
  const gauges = newestOf([
    { Id: 'producer_oldest_age_seconds', Values: [4, 90], Timestamps: [at(3), at(1)] },
    { Id: 'consumer_oldest_age_seconds', Values: [120], Timestamps: [at(2)] },
    { Id: 'producer_consumers', Values: [2], Timestamps: [at(3)] },
    { Id: 'consumer_dead_letters', Values: [], Timestamps: [] },
  ]);
  assert.deepEqual(gauges, { oldest_age_seconds: 4, consumers: 2, saidAt: at(3) });
});

test('a queue without metrics is unknown, and marked', () => {
  const [row] = rowsOfQueue(newestOf([]));
  assert.deepEqual([row?.is, row?.isWell], ['unknown', false]);
});

test('the table is aligned, and marks unhealthy rows', () => {
  const rows = rowsOfQueue({
    oldest_age_seconds: 61,
    waiting_batches: 12,
    consumers: 2,
    dead_letters: 0,
    saidAt: at(0),
  });
  assert.equal(
    formatTable(rows),
    [
      '✗ queue age     61.0 s  12 batches waiting, 0 in flight; at 2026-11-22T12:00:00.000Z',
      '  consumers          2  active',
      '  dead letters       0  none',
    ].join('\n'),
  );
});
