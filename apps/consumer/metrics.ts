import type { Metrics } from '@sluice/runtime/metrics/metrics.ts';
import { createQueueGauges, createTableGauges } from '@sluice/runtime/metrics/queue-gauges.ts';

const transactionBuckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];
const rowBuckets = [1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 20_000];

/** The steps of a consumer that are retried. */
export type Step = 'read' | 'record' | 'ack';

export type ConsumerMetrics = ReturnType<typeof createConsumerMetrics>;

/** The metrics of a loop that records counts, or rows of a table. */
export type RecordMetrics = Pick<ConsumerMetrics, 'recorded' | 'movedToDeadLetters' | 'retried'>;

/** Creates the metrics of a consumer. */
export const createConsumerMetrics = (metrics: Metrics, databaseConnections: () => number) => {
  metrics.gauge('database_connections', 'MySQL connections in use', databaseConnections);
  const rowsRecorded = metrics.counter('recorded_total', 'Counts and rows recorded');
  const tableRowsRecorded = metrics.counter('recorded_rows_total', 'Rows recorded', ['table']);
  const tableDeadLetters = metrics.counter(
    'table_dead_letters_total',
    'Entries of a table that could not be parsed, or whose row MySQL refuses',
    ['table'],
  );
  const duplicateBatches = metrics.counter('duplicate_batches_total', 'Duplicate batches, recorded before and skipped');
  const ackedBatches = metrics.counter('acked_batches_total', 'Batches removed from the queue');
  const deadLetters = metrics.counter('dead_letters_total', 'Entries that could not be parsed');
  const purged = metrics.counter('purged_ids_total', 'Batch ids removed from the inbox');
  const retries = metrics.counter('retries_total', 'Failed steps that were retried', ['step']);
  const transactionRows = metrics.histogram('transaction_rows', 'Counts or rows per transaction', rowBuckets);
  const transactionSeconds = metrics.histogram(
    'transaction_seconds',
    'Time from the first attempt to record to the removal from the queue',
    transactionBuckets,
  );
  const drainSeconds = metrics.gauge(
    'queue_drain_seconds',
    'Time that all consumers need for the waiting batches, at the speed of this one',
  );
  const setQueueGauges = createQueueGauges(metrics);
  const setTableState = createTableGauges(metrics);
  // No alarm, dashboard or command reads them on AWS (tests/system/published-metrics.test.ts).
  metrics.logOnly(
    ...['database_connections', 'duplicate_batches_total', 'acked_batches_total', 'dead_letters_total'],
    ...['purged_ids_total', 'retries_total', 'transaction_rows', 'queue_drain_seconds'],
    ...['recorded_rows_total', 'table_dead_letters_total', 'table_waiting_batches', 'table_oldest_age_seconds'],
    ...['table_dead_letters', 'table_paused'],
  );
  let acked = 0;
  let ackedBefore = 0;
  let measuredAt = performance.now();

  const recorded = (rows: number, duplicates: number, batches: number, ms: number) => {
    rowsRecorded.inc(rows);
    duplicateBatches.inc(duplicates);
    ackedBatches.inc(batches);
    transactionRows.observe(rows);
    transactionSeconds.observe(ms / 1000);
    acked += batches;
  };

  return {
    recorded,
    /** Returns the metrics of the loops that record the rows of a table. */
    ofTable: (table: string) => ({
      recorded: (rows: number, duplicates: number, batches: number, ms: number) => {
        tableRowsRecorded.inc({ table }, rows);
        recorded(rows, duplicates, batches, ms);
      },
      movedToDeadLetters: () => tableDeadLetters.inc({ table }),
      retried: (step: Step) => retries.inc({ step }),
    }),
    movedToDeadLetters: () => deadLetters.inc(),
    setTableState,
    purged: (ids: number) => purged.inc(ids),
    retried: (step: Step) => retries.inc({ step }),
    setQueueState: (state: Parameters<typeof setQueueGauges>[0]) => {
      setQueueGauges(state);
      const now = performance.now();
      const perSecond = ((acked - ackedBefore) / (now - measuredAt)) * 1000 * Math.max(1, state.consumers);
      // A stalled consumer has no speed. The age of the oldest entry shows the stall.
      if (state.waitingBatches === 0) drainSeconds.set(0);
      else if (perSecond > 0) drainSeconds.set(state.waitingBatches / perSecond);
      ackedBefore = acked;
      measuredAt = now;
    },
  };
};
