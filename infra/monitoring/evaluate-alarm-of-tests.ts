import * as z from 'zod';
import { evaluateExpression, type Series } from './metric-math-of-tests.ts';

const metricSchema = z.object({
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: z.array(z.object({ Name: z.string(), Value: z.unknown() })),
});

const partSchema = z.object({
  Id: z.string(),
  ReturnData: z.boolean().default(true),
  Expression: z.string().default(''),
  MetricStat: z.object({ Metric: metricSchema, Period: z.literal(60) }).optional(),
});

/** The schema of the properties of an alarm, as its template has them. */
export const alarmSchema = z
  .object({
    AlarmName: z.string().optional(),
    ComparisonOperator: z.enum([
      'GreaterThanThreshold',
      'GreaterThanOrEqualToThreshold',
      'LessThanThreshold',
      'LessThanOrEqualToThreshold',
    ]),
    Threshold: z.number(),
    EvaluationPeriods: z.int(),
    DatapointsToAlarm: z.int().optional(),
    TreatMissingData: z.enum(['missing', 'breaching', 'notBreaching']).default('missing'),
    Metrics: z.array(partSchema).optional(),
  })
  .and(z.union([metricSchema.extend({ Period: z.literal(60) }), z.object({ Metrics: z.unknown() })]))
  .transform((alarm) => ({
    ...alarm,
    Metrics:
      'Period' in alarm
        ? [{ Id: 'only', ReturnData: true, Expression: '', MetricStat: { Metric: alarm } }]
        : (alarm.Metrics ?? []),
  }));

export type Alarm = z.output<typeof alarmSchema>;
export type Metric = z.output<typeof metricSchema>;

const compare: Readonly<Record<Alarm['ComparisonOperator'], (value: number, threshold: number) => boolean>> = {
  GreaterThanThreshold: (value, threshold) => value > threshold,
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
};

/** Returns the metrics that an alarm reads. */
export const metricsOf = ({ Metrics }: Alarm): Metric[] =>
  Metrics.flatMap(({ MetricStat }) => (MetricStat === undefined ? [] : [MetricStat.Metric]));

/**
 * Returns true if an alarm is in the state ALARM when CloudWatch retrieves these points of its
 * metrics. The rules are those of AWS's guide ("Configuring how CloudWatch alarms treat missing
 * data"): it evaluates the latest points that exist, as many as the alarm has evaluation periods.
 * Only if fewer exist, the treatment of missing data stands for the rest.
 */
export const isInAlarm = (alarm: Alarm, pointsOf: (metric: Metric) => Series): boolean => {
  const { EvaluationPeriods: periods, DatapointsToAlarm: needed = periods, TreatMissingData: missing } = alarm;
  const seriesOf = (id: string): Series => {
    const part = alarm.Metrics.find(({ Id }) => Id === id);
    if (part === undefined) throw new Error(`${id} is no metric of the alarm`);
    return part.MetricStat === undefined
      ? evaluateExpression(part.Expression, seriesOf)
      : pointsOf(part.MetricStat.Metric);
  };
  const isBreaching = (point: number) => compare[alarm.ComparisonOperator](point, alarm.Threshold);
  const retrieved = seriesOf(alarm.Metrics.find(({ ReturnData }) => ReturnData)?.Id ?? '');
  const existing = retrieved.filter((point) => point !== undefined).slice(-periods);
  const breaching = existing.filter(isBreaching).length;
  if (breaching >= needed) return true;
  if (missing !== 'missing') return missing === 'breaching' && breaching + periods - existing.length >= needed;
  // "Avoiding premature transitions to alarm state": all that exist breach, and the oldest is old.
  const oldest = retrieved.slice(-periods).findIndex((point) => point !== undefined && isBreaching(point));
  return oldest >= 0 && breaching === existing.length && Math.min(periods, retrieved.length) - oldest >= needed;
};
