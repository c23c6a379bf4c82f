import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Environment } from '../environment.ts';

type Dimensions = Readonly<Record<string, string>>;

const metricOf = (namespace: string, metricName: string, statistic: string, dimensionsMap: Dimensions = {}): Metric =>
  new Metric({ namespace, metricName, statistic, dimensionsMap, period: Duration.minutes(1) });

/** Where the metrics of an environment are, so that several may share an account. */
export const namespaceOf = ({ name }: Environment): string => `Sluice/${name}`;

/** What Sluice says of itself (docs/operations.md), as log lines that CloudWatch makes metrics of. */
export const sluiceMetric = (
  environment: Environment,
  service: 'producer' | 'consumer',
  name: string,
  statistic = 'Maximum',
  more: Dimensions = {},
) => metricOf(namespaceOf(environment), `sluice_${name}`, statistic, { service, ...more });

/** A gauge of the queue, whoever says it: consumers that are dead publish nothing. */
export const queueMetric = (environment: Environment, name: string, label: string): MathExpression =>
  new MathExpression({
    // Ids are those of a whole graph.
    expression: `MAX([FILL(producer_${name}, 0), FILL(consumer_${name}, 0)])`,
    usingMetrics: {
      [`producer_${name}`]: sluiceMetric(environment, 'producer', `queue_${name}`),
      [`consumer_${name}`]: sluiceMetric(environment, 'consumer', `queue_${name}`),
    },
    period: Duration.minutes(1),
    label,
  });

/** Of MySQL, by the name that its instance has. */
export const databaseMetric = ({ name }: Environment, metricName: string, statistic = 'Average'): Metric =>
  metricOf('AWS/RDS', metricName, statistic, { DBInstanceIdentifier: `sluice-${name}` });

/** Of Valkey: of the whole of a serverless one, or of the primaries of a cluster of nodes. */
export const cacheMetric = ({ name, queue }: Environment, metricName: string, statistic = 'Average'): Metric =>
  metricOf(
    'AWS/ElastiCache',
    metricName,
    statistic,
    queue.kind === 'serverless'
      ? { clusterId: `sluice-${name}` }
      : { ReplicationGroupId: `sluice-${name}`, Role: 'Primary' },
  );

/** Of a function, by its name. */
export const functionErrors = (functionName: string): Metric =>
  metricOf('AWS/Lambda', 'Errors', 'Sum', { FunctionName: functionName });

/** The number of tasks of a service, as Container Insights has it. */
export const taskMetric = (
  { name }: Environment,
  service: 'producer' | 'consumer',
  metricName: 'DesiredTaskCount' | 'RunningTaskCount',
): Metric =>
  metricOf('ECS/ContainerInsights', metricName, 'Average', { ClusterName: `sluice-${name}`, ServiceName: service });
