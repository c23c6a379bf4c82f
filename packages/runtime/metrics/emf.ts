import type { MetricObjectWithValues, MetricValue, Registry } from '@prometheus-io/client';

type Metric = MetricObjectWithValues<MetricValue<string>>;
type Point = { readonly name: string; readonly labels: Readonly<Record<string, string>>; readonly value: number };

/** Metrics, and the names of those that are no metrics of CloudWatch. */
type Source = { readonly registry: Registry; readonly loggedOnly: ReadonlySet<string> };

const quantiles = [0.5, 0.99];

/**
 * Creates a function that collects metrics as lines of CloudWatch's embedded metric format (AWS:
 * "Specification: Embedded metric format"), for `namespace`. There is one line for each set of
 * labels, which become dimensions. Counters are the increase since the last call. Histograms are
 * the quantiles 0.5 and 0.99 of the new observations, estimated from their buckets, as `…_p50` and
 * `…_p99`.
 */
export const emfLines = ({ registry, loggedOnly }: Source, namespace: string): (() => Promise<string[]>) => {
  const last = new Map<string, number>();

  const sinceLast = (key: string, value: number): number => {
    const before = last.get(key) ?? 0;
    last.set(key, value);
    return value - before;
  };

  return async () => {
    const metrics = await registry.getMetricsAsJSON();
    const points = metrics.flatMap((metric) => pointsOf(metric, sinceLast));
    const byLabels = Map.groupBy(points, ({ labels }) => JSON.stringify(labels));
    // oxlint-disable-next-line no-restricted-properties -- a log line needs the time of day
    return [...byLabels.values()].map((group) => lineOf(group, namespace, loggedOnly, Date.now()));
  };
};

const pointsOf = (metric: Metric, sinceLast: (key: string, value: number) => number): Point[] => {
  if (metric.type === 'histogram') return histogramPoints(metric, sinceLast);
  return metric.values.map(({ labels, value }) => ({
    name: metric.name,
    labels: textLabels(labels),
    value: metric.type === 'counter' ? sinceLast(metric.name + JSON.stringify(labels), value) : value,
  }));
};

const histogramPoints = (metric: Metric, sinceLast: (key: string, value: number) => number): Point[] => {
  // Buckets are cumulative: each counts values up to its bound, and the last (+Inf) counts all.
  const buckets = metric.values
    .filter(({ labels }) => labels['le'] !== undefined)
    .map(({ labels, value }) => ({
      bound: Number(String(labels['le']).replace('+Inf', 'Infinity')),
      count: sinceLast(`${metric.name} ${labels['le']}`, value),
    }));
  const total = buckets.at(-1)?.count ?? 0;
  if (total === 0) return [];
  const { le: _bound, ...labels } = metric.values[0]?.labels ?? {};
  return quantiles.map((quantile) => ({
    name: `${metric.name}_p${quantile * 100}`,
    labels: textLabels(labels),
    value: quantileOf(buckets, quantile * total),
  }));
};

/**
 * Estimates the value below which `rank` of the observations lie. It assumes an even spread within
 * a bucket.
 */
const quantileOf = (buckets: readonly { bound: number; count: number }[], rank: number): number => {
  const index = buckets.findIndex(({ count }) => count >= rank);
  const below = buckets[index - 1] ?? { bound: 0, count: 0 };
  const bucket = buckets[index];
  if (bucket === undefined || bucket.bound === Infinity) return below.bound;
  return below.bound + ((bucket.bound - below.bound) * (rank - below.count)) / (bucket.count - below.count);
};

const textLabels = (labels: Partial<Record<string, string | number>>): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]));

const lineOf = (
  points: readonly Point[],
  namespace: string,
  loggedOnly: Source['loggedOnly'],
  timestamp: number,
): string => {
  const labels = points[0]?.labels ?? {};
  const published = points.filter(({ name }) => !loggedOnly.has(name.replace(/_p\d+$/, '')));
  const directive = {
    Namespace: namespace,
    Dimensions: [Object.keys(labels)],
    Metrics: published.map(({ name }) => ({ Name: name, Unit: unitOf(name) })),
  };
  return JSON.stringify({
    _aws: { Timestamp: timestamp, CloudWatchMetrics: published.length === 0 ? [] : [directive] },
    ...labels,
    ...Object.fromEntries(points.map(({ name, value }) => [name, value])),
  });
};

const unitOf = (name: string): string => {
  if (/_seconds(_p\d+)?$/.test(name)) return 'Seconds';
  if (name.endsWith('_bytes')) return 'Bytes';
  return name.endsWith('_total') ? 'Count' : 'None';
};
