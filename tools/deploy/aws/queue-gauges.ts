import { CloudWatchClient, GetMetricDataCommand, type MetricDataResult } from '@aws-sdk/client-cloudwatch';
import type { Environment } from '@sluice/infra/schema/environment.ts';
import { settingsFor, watchErrors, type Account } from './account.ts';
import type { Row } from '../cli/status-table.ts';

/** The last published state of the queue (docs/reference/metrics.md). */
export type Gauges = Readonly<Partial<Record<Gauge, number>>> & { readonly saidAt?: Date };

type Gauge = (typeof gauges)[number];

const gauges = [
  'oldest_age_seconds',
  'waiting_batches',
  'in_flight_batches',
  'consumers',
  'dead_letters',
  'paused',
] as const;
const services = ['producer', 'consumer'] as const;
// Gauges are published twice a minute, and CloudWatch has them a moment later.
const lookBackMs = 300_000;

/** Fetches the gauges from CloudWatch, which has them even if the API is unavailable. */
export const fetchGauges = async ({ region }: Account, { name }: Environment, now: Date): Promise<Gauges> => {
  const client = watchErrors(new CloudWatchClient(settingsFor(region)), region);
  const { MetricDataResults = [] } = await client.send(
    new GetMetricDataCommand({
      StartTime: new Date(now.getTime() - lookBackMs),
      EndTime: now,
      ScanBy: 'TimestampDescending',
      MetricDataQueries: gauges.flatMap((gauge) =>
        services.map((service) => ({
          Id: `${service}_${gauge}`,
          MetricStat: {
            Metric: {
              Namespace: `Sluice/${name}`,
              MetricName: `sluice_queue_${gauge}`,
              Dimensions: [{ Name: 'service', Value: service }],
            },
            Period: 60,
            Stat: 'Maximum',
          },
        })),
      ),
    }),
  );
  return newestOf(MetricDataResults);
};

/**
 * Returns the newest value of each gauge, from any service.
 * @internal
 */
export const newestOf = (results: readonly MetricDataResult[]): Gauges => {
  const said = results.flatMap(({ Id = '', Values = [], Timestamps = [] }) =>
    Values.map((value, index) => ({
      gauge: Id.slice(Id.indexOf('_') + 1),
      value,
      at: Timestamps[index] ?? new Date(0),
    })),
  );
  const newest = said.toSorted((one, other) => one.at.getTime() - other.at.getTime());
  const saidAt = newest.at(-1)?.at;
  return {
    ...Object.fromEntries(newest.map(({ gauge, value }) => [gauge, value])),
    ...(saidAt === undefined ? {} : { saidAt }),
  };
};

/** Formats the gauges as rows of the status. */
export const rowsOfQueue = ({ saidAt, ...values }: Gauges): Row[] => {
  if (saidAt === undefined) {
    const note = 'no metrics for five minutes (docs/runbook.md#no-metrics)';
    return [{ what: 'queue', is: 'unknown', note, isWell: false }];
  }
  const {
    oldest_age_seconds = 0,
    waiting_batches = 0,
    in_flight_batches = 0,
    consumers = 0,
    dead_letters = 0,
    paused = 0,
  } = values;
  const said = `at ${saidAt.toISOString()}`;
  return [
    {
      what: 'queue age',
      is: `${oldest_age_seconds.toFixed(1)} s`,
      note: `${waiting_batches} batches waiting, ${in_flight_batches} in flight; ${said}`,
      // The alarm's threshold is much higher (infra/monitoring/alarms.ts). No entry waits a minute
      // while all is well.
      isWell: oldest_age_seconds < 60,
    },
    {
      what: 'consumers',
      is: String(consumers),
      note: paused > 0 ? 'paused: npm run ops -- ENV consumers resume' : 'active',
      isWell: consumers > 0 && paused === 0,
    },
    {
      what: 'dead letters',
      is: String(dead_letters),
      note: dead_letters > 0 ? 'npm run ops -- ENV dead-letters list' : 'none',
      isWell: dead_letters === 0,
    },
  ];
};
