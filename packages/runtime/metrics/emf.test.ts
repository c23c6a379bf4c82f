import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emfLines } from './emf.ts';
import { createMetrics } from './metrics.ts';

type Line = Record<string, unknown> & {
  _aws: {
    CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string; Unit: string }[] }[];
  };
};

const setUp = () => {
  const metrics = createMetrics(process, 'producer');
  const collect = emfLines(metrics, 'Sluice/test');
  return { ...metrics, collect: async () => (await collect()).map((line) => JSON.parse(line) as Line) };
};

test('each set of labels is a line, its labels are dimensions and its metrics are named', async () => {
  const { counter, gauge, collect } = setUp();
  counter('refused_total', 'x', ['reason']).inc({ reason: 'queue_full' }, 3);
  gauge('queue_oldest_age_seconds', 'x').set(1.5);
  const lines = await collect();
  const refused = lines.find((line) => line['reason'] === 'queue_full');
  assert.equal(refused?.['sluice_refused_total'], 3);
  assert.equal(refused?._aws.CloudWatchMetrics[0]?.Namespace, 'Sluice/test');
  assert.deepEqual(
    refused?._aws.CloudWatchMetrics[0]?.Dimensions.map((names) => names.toSorted()),
    [['reason', 'service']],
  );
  assert.deepEqual(refused?._aws.CloudWatchMetrics[0]?.Metrics, [{ Name: 'sluice_refused_total', Unit: 'Count' }]);
  const plain = lines.find((line) => line['reason'] === undefined);
  assert.equal(plain?.['sluice_queue_oldest_age_seconds'], 1.5);
  assert.equal(plain?.['service'], 'producer');
  assert.ok(Number(plain?.['sluice_resident_memory_bytes']) > 1e6);
});

test('a metric that is only logged is in the line, and is no metric of CloudWatch', async () => {
  const { counter, histogram, logOnly, collect } = setUp();
  counter('accepted_total', 'x').inc(1);
  counter('retries_total', 'x', ['step']).inc({ step: 'ack' }, 2);
  histogram('transaction_rows', 'x', [1, 10]).observe(5);
  logOnly('retries_total', 'transaction_rows');
  const lines = await collect();
  const published = lines.flatMap(({ _aws }) =>
    _aws.CloudWatchMetrics.flatMap(({ Metrics }) => Metrics.map(({ Name }) => Name)),
  );
  assert.deepEqual(published.toSorted(), ['sluice_accepted_total', 'sluice_event_loop_delay_seconds']);
  assert.equal(lines.find((line) => line['step'] === 'ack')?.['sluice_retries_total'], 2);
  const plain = lines.find((line) => line['step'] === undefined);
  assert.ok(Number(plain?.['sluice_transaction_rows_p50']) > 1);
  assert.ok(Number(plain?.['sluice_resident_memory_bytes']) > 1e6);
});

test('counters are the increase since the last report', async () => {
  const { counter, collect } = setUp();
  const accepted = counter('accepted_total', 'x');
  const read = async () =>
    (await collect()).map((line) => line['sluice_accepted_total']).find((value) => value !== undefined);
  accepted.inc(5);
  assert.equal(await read(), 5);
  accepted.inc(2);
  assert.equal(await read(), 2);
  assert.equal(await read(), 0);
});

test('a histogram has quantiles of its new values, and nothing without new values', async () => {
  const { histogram, collect } = setUp();
  const times = histogram('acknowledge_seconds', 'x', [0.001, 0.01, 0.1]);
  for (let index = 0; index < 98; index++) times.observe(0.005);
  times.observe(0.05);
  times.observe(0.05);
  const [line] = await collect();
  const p50 = Number(line?.['sluice_acknowledge_seconds_p50']);
  const p99 = Number(line?.['sluice_acknowledge_seconds_p99']);
  assert.ok(p50 > 0.001 && p50 <= 0.01, `p50 is ${p50}`);
  assert.ok(p99 > 0.01 && p99 <= 0.1, `p99 is ${p99}`);
  const [next] = await collect();
  assert.equal(next?.['sluice_acknowledge_seconds_p50'], undefined);
});
