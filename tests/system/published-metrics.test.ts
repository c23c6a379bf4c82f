import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createConsumerMetrics } from '@sluice/consumer/metrics.ts';
import { busyMetrics, idleMetrics } from '@sluice/infra/cost/usage.ts';
import { repository } from '@sluice/local/folder.ts';
import { createProducerMetrics } from '@sluice/producer/metrics.ts';
import { emfLines } from '@sluice/runtime/metrics/emf.ts';
import { createMetrics, type Metrics } from '@sluice/runtime/metrics/metrics.ts';

// CloudWatch charges for each metric, so exactly the metrics in use must be published.

/** The files that read metrics on AWS: alarms, dashboard, scaling, `npm run status`; and operators. */
const readers = [
  ...globSync('infra/{monitoring,services}/*.ts', { cwd: repository, exclude: ['**/*.test.ts'] }),
  'tools/deploy/aws/queue-gauges.ts',
  'docs/runbook.md',
]
  .map((file) => readFileSync(join(repository, file), 'utf8'))
  .join('\n');

const reference = readFileSync(join(repository, 'docs/reference/metrics.md'), 'utf8');

const services = {
  producer: (metrics: Metrics) => {
    const { accepted, sentPipeline } = createProducerMetrics(metrics, () => 0);
    return () => {
      accepted(1, 1);
      sentPipeline(1);
    };
  },
  consumer: (metrics: Metrics) => {
    const { recorded } = createConsumerMetrics(metrics, () => 0);
    return () => recorded(1, 0, 1, 1);
  },
} as const;

for (const service of ['producer', 'consumer'] as const) {
  test(`a ${service} publishes as many metrics as its cost assumes, idle and with counts, and each is read`, async () => {
    const metrics = createMetrics(process, service);
    const work = services[service](metrics);
    const collect = emfLines(metrics, 'Sluice');
    const namesOf = async () =>
      (await collect()).flatMap((line) => [...line.matchAll(/"Name":"(\w+)"/g)].map(([, name = '']) => name));
    const idle = await namesOf();
    assert.equal(
      idle.length,
      idleMetrics[service],
      `Set idleMetrics.${service} in infra/cost/usage.ts to ${idle.length}, for the price of its metrics: ${idle.join(' ')}`,
    );
    work();
    const busy = (await namesOf()).filter((name) => !idle.includes(name));
    assert.equal(busy.length, busyMetrics[service], `The metrics that appear with counts: ${busy.join(' ')}`);
    const isRead = (name: string) =>
      readers.includes(name) || readers.includes(`'${name.replace(/^sluice_(?:queue_)?/, '')}'`);
    for (const name of metrics.loggedOnly)
      assert.match(
        reference,
        new RegExp(`\`${name}(?:\\{\\w+\\})?\` \\\\\\*`),
        `Mark ${name} with a \\* in docs/reference/metrics.md`,
      );
    assert.deepEqual(
      [...idle, ...busy].filter((name) => !isRead(name)),
      [],
      `Call logOnly for each of these in apps/${service}/metrics.ts, or read it on AWS`,
    );
  });
}
