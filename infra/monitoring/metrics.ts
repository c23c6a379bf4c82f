import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Environment } from '../schema/environment.ts';

type Dimensions = Readonly<Record<string, string>>;

const metricOf = (namespace: string, metricName: string, statistic: string, dimensionsMap: Dimensions = {}): Metric =>
  new Metric({ namespace, metricName, statistic, dimensionsMap, period: Duration.minutes(1) });

/**
 * Returns the namespace of an environment's metrics, so that several environments can share an
 * account.
 */
export const namespaceOf = ({ name }: Environment): string => `Sluice/${name}`;

/**
 * Returns a metric that Sluice publishes (docs/reference/metrics.md). CloudWatch extracts it from
 * log lines.
 */
export const sluiceMetric = (
  environment: Environment,
  service: 'producer' | 'consumer',
  name: string,
  statistic = 'Maximum',
  more: Dimensions = {},
) => metricOf(namespaceOf(environment), `sluice_${name}`, statistic, { service, ...more });

/**
 * Returns a gauge of the queue, from producers or consumers: dead consumers publish nothing. Nothing
 * fills its gaps, so an alarm evaluates the latest points that exist.
 */
export const queueMetric = (environment: Environment, name: string, label: string): MathExpression =>
  new MathExpression({
    // Ids must be unique within a graph.
    expression: `MAX([producer_${name}, consumer_${name}])`,
    usingMetrics: {
      [`producer_${name}`]: sluiceMetric(environment, 'producer', `queue_${name}`),
      [`consumer_${name}`]: sluiceMetric(environment, 'consumer', `queue_${name}`),
    },
    period: Duration.minutes(1),
    label,
  });

/** Returns a metric of MySQL, by the name of its instance. */
export const databaseMetric = ({ name }: Environment, metricName: string, statistic = 'Average'): Metric =>
  metricOf('AWS/RDS', metricName, statistic, { DBInstanceIdentifier: `sluice-${name}` });

/**
 * Returns a metric of Valkey: of the whole serverless cache, or of a cluster of nodes. A cluster has
 * only three: EngineCPUUtilization, also by `Role`, and the usage of memory and of capacity
 * ("Supported metrics for resource tags for telemetry" in CloudWatch's guide). {@link nodesMetric}
 * returns those of its nodes.
 */
export const cacheMetric = (
  { name, queue }: Environment,
  metricName: string,
  statistic = 'Average',
  more: Dimensions = {},
): Metric =>
  metricOf(
    'AWS/ElastiCache',
    metricName,
    statistic,
    queue.kind === 'serverless' ? { clusterId: `sluice-${name}` } : { ReplicationGroupId: `sluice-${name}`, ...more },
  );

/** Returns the highest value of a metric of Valkey's nodes, which are at most ten. */
export const nodesMetric = (nodes: readonly string[], metricName: string, statistic: string): MathExpression =>
  new MathExpression({
    expression: `MAX([${nodes.map((_node, index) => `node${index + 1}`).join(', ')}])`,
    usingMetrics: Object.fromEntries(
      nodes.map((node, index) => [
        `node${index + 1}`,
        metricOf('AWS/ElastiCache', metricName, statistic, { CacheClusterId: node, CacheNodeId: '0001' }),
      ]),
    ),
    period: Duration.minutes(1),
    label: `${metricName}, the highest of all nodes`,
  });

/** Returns the errors of a function, by its name. */
export const functionErrors = (functionName: string): Metric =>
  metricOf('AWS/Lambda', 'Errors', 'Sum', { FunctionName: functionName });

/** Returns the number of tasks of a service, as Container Insights counts them. */
export const taskMetric = (
  { name }: Environment,
  service: 'producer' | 'consumer',
  metricName: 'DesiredTaskCount' | 'RunningTaskCount',
): Metric =>
  metricOf('ECS/ContainerInsights', metricName, 'Average', { ClusterName: `sluice-${name}`, ServiceName: service });

/** Returns the CPU usage of a service in percent of what its tasks reserve. */
export const serviceCpu = ({ name }: Environment, service: 'producer' | 'consumer'): Metric =>
  metricOf('AWS/ECS', 'CPUUtilization', 'Average', { ClusterName: `sluice-${name}`, ServiceName: service });
