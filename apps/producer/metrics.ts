import type { ProblemCode } from '@sluice/contract/problem.ts';
import type { Metrics } from '@sluice/runtime/metrics/metrics.ts';
import { createQueueGauges } from '@sluice/runtime/metrics/queue-gauges.ts';

const acknowledgeBuckets = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2];
const pipelineBuckets = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 10_000];

/** The metrics of a producer. */
export type ProducerMetrics = ReturnType<typeof createProducerMetrics>;

/** Creates the metrics of a producer. */
export const createProducerMetrics = (metrics: Metrics, databaseConnections: () => number) => {
  metrics.gauge('database_connections', 'MySQL connections in use', databaseConnections);
  const accepted = metrics.counter('accepted_total', 'Counts and rows acknowledged');
  const acceptedRows = metrics.counter('accepted_rows_total', 'Rows acknowledged', ['table']);
  const refused = metrics.counter('refused_total', 'Requests answered with an error', ['reason']);
  const retries = metrics.counter('enqueue_retries_total', 'Failed attempts to add to the queue that were retried');
  const acknowledgeSeconds = metrics.histogram(
    'acknowledge_seconds',
    'Time from the whole request to its acknowledgement',
    acknowledgeBuckets,
  );
  const pipelineRequests = metrics.histogram(
    'pipeline_requests',
    'Requests whose counts were sent to Redis together',
    pipelineBuckets,
  );
  // No alarm, dashboard or command reads them on AWS (tests/system/published-metrics.test.ts).
  metrics.logOnly(
    ...['database_connections', 'enqueue_retries_total', 'acknowledge_seconds', 'pipeline_requests'],
    'accepted_rows_total',
  );
  return {
    accepted: (counts: number, ms: number) => {
      accepted.inc(counts);
      acknowledgeSeconds.observe(ms / 1000);
    },
    acceptedRows: (table: string, rows: number, ms: number) => {
      accepted.inc(rows);
      acceptedRows.inc({ table }, rows);
      acknowledgeSeconds.observe(ms / 1000);
    },
    refused: (reason: ProblemCode) => refused.inc({ reason }),
    retried: () => retries.inc(),
    sentPipeline: (requests: number) => pipelineRequests.observe(requests),
    setQueueState: createQueueGauges(metrics),
  };
};
