import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createConsumerMetrics } from '@sluice/consumer/metrics.ts';
import { idleMetrics } from '@sluice/infra/cost/usage.ts';
import { createProducerMetrics } from '@sluice/producer/metrics.ts';
import { emfLines } from '@sluice/runtime/metrics/emf.ts';
import { createMetrics } from '@sluice/runtime/metrics/metrics.ts';

// CloudWatch charges for each metric, so exactly the metrics in use must be published.
for (const [service, create] of [
  ['producer', createProducerMetrics],
  ['consumer', createConsumerMetrics],
] as const) {
  test(`a ${service} without work publishes as many metrics as its cost assumes`, async () => {
    const metrics = createMetrics(process, service);
    create(metrics, () => 0);
    const lines = await emfLines(metrics.registry, 'Sluice')();
    const names = lines.flatMap((line) => [...line.matchAll(/"Name":"(\w+)"/g)].map(([, name]) => name));
    assert.equal(
      names.length,
      idleMetrics[service],
      `Set idleMetrics.${service} in infra/cost/usage.ts to ${names.length}, for the price of its metrics: ${names.join(' ')}`,
    );
  });
}
