import type { Environment } from '../schema/environment.ts';
import { long, once, sustained, type Condition } from './condition.ts';
import { cacheMetric, nodesMetric } from './metrics.ts';

/** Returns the conditions of Valkey, serverless or on nodes, by the names of their alarms. */
export const cacheConditions = (environment: Environment): Readonly<Record<string, Condition>> => {
  const { queue } = environment;
  if (queue.kind === 'nodes') {
    return {
      'valkey-memory': {
        metric: cacheMetric(environment, 'DatabaseCapacityUsageCountedForEvictPercentage', 'Maximum'),
        above: 75,
        ...sustained,
      },
      'valkey-cpu': {
        metric: cacheMetric(environment, 'EngineCPUUtilization', 'Maximum', { Role: 'Primary' }),
        above: 80,
        ...long,
      },
      ...nodeConditions(environment, queue),
    };
  }
  return {
    'valkey-memory': {
      metric: cacheMetric(environment, 'BytesUsedForCache', 'Maximum'),
      above: 0.75 * queue.maxStorageGb * 1e9,
      ...sustained,
    },
    'valkey-throttled': { metric: cacheMetric(environment, 'ThrottledCmds', 'Sum'), above: 0, ...sustained },
    'valkey-logins': { metric: cacheMetric(environment, 'IamAuthenticationThrottling', 'Sum'), above: 0, ...sustained },
    'valkey-evictions': { metric: cacheMetric(environment, 'Evictions', 'Sum'), above: 0, ...once },
  };
};

type NodesQueue = Extract<Environment['queue'], { kind: 'nodes' }>;

/** The maximum number of metrics in an alarm ("Create an alarm based on a metric math expression"). */
const metricsOfAlarm = 10;

/**
 * Conditions of metrics that ElastiCache publishes only for each node. They name all nodes that the
 * cluster may have. A node that does not exist has no metrics.
 */
const nodeConditions = (environment: Environment, queue: NodesQueue): Readonly<Record<string, Condition>> => {
  const nodes = nodesOf(environment, queue);
  const groups = Array.from({ length: Math.ceil(nodes.length / metricsOfAlarm) }, (_, index) =>
    nodes.slice(index * metricsOfAlarm, (index + 1) * metricsOfAlarm),
  );
  const watch = (name: string, metricName: string, statistic: string, condition: Omit<Condition, 'metric'>) =>
    groups.map((group, index): [string, Condition] => [
      index === 0 ? name : `${name}-${index + 1}`,
      { metric: nodesMetric(group, metricName, statistic), ...condition },
    ]);
  return Object.fromEntries([
    // Also 1 while writes exceed the throughput of the durable log ("Durability", "Monitoring").
    ...watch('valkey-throttled', 'TrafficManagementActive', 'Maximum', { above: 0, ...sustained }),
    ...watch('valkey-logins', 'IamAuthenticationThrottling', 'Sum', { above: 0, ...sustained }),
    ...watch('valkey-replication', 'ReplicationLag', 'Maximum', { above: 5, ...sustained }),
    // With synchronous durability it is always 0.
    ...(queue.durability === 'async'
      ? watch('valkey-durability', 'DurabilityBufferExceededErrorCount', 'Sum', { above: 0, ...once })
      : []),
  ]);
};

/** Returns the ids of all nodes that a cluster may have: `sluice-prod-0001-002`. */
const nodesOf = ({ name }: Environment, { maxShards, replicasPerShard }: NodesQueue): string[] =>
  Array.from({ length: maxShards }, (_, shard) =>
    Array.from(
      { length: 1 + replicasPerShard },
      (_node, node) => `sluice-${name}-${String(shard + 1).padStart(4, '0')}-${String(node + 1).padStart(3, '0')}`,
    ),
  ).flat();
