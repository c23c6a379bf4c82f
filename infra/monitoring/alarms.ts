import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, MathExpression, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ApplicationLoadBalancer, ApplicationTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { HttpCodeElb, HttpCodeTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Environment } from '../schema/environment.ts';
import { cacheConditions } from './cache-conditions.ts';
import { long, once, sustained, veryLong, type Condition } from './condition.ts';
import { databaseMetric, functionErrors, queueMetric, sluiceMetric, taskMetric } from './metrics.ts';
import { runbookUrl } from './runbook-url.ts';

type AlarmsProps = {
  readonly environment: Environment;
  readonly balancer: ApplicationLoadBalancer;
  readonly targets: ApplicationTargetGroup;
  readonly topic: ITopic;
};

/**
 * Returns the names of the alarms that roll a release back. They watch what a release can cause and
 * a client cannot: unhealthy and missing tasks, internal errors of the API, a consumer that records
 * nothing. Errors and latency only page someone: a client can provoke 503 and slow answers (a full
 * queue, reads beyond their limit), and must not decide which release runs. The names are known
 * before the services exist.
 */
export const deploymentAlarmsOf = (environment: Environment, service: 'producer' | 'consumer'): string[] =>
  [
    ...(service === 'producer' ? ['unhealthy-tasks', 'internal-errors'] : ['no-progress']),
    ...(environment.hasContainerInsights ? [`missing-${service}s`] : []),
  ].map((alarm) => nameOf(environment, alarm));

const nameOf = ({ name }: Environment, alarm: string): string => `sluice-${name}-${alarm}`;

/**
 * Alarms that page someone. Each links to the section of docs/runbook.md with its name, which says
 * what to check and how to fix it.
 */
export class Alarms extends Construct {
  constructor(scope: Construct, id: string, { environment, balancer, targets, topic }: AlarmsProps) {
    super(scope, id);
    const conditions = {
      ...apiConditions(environment, balancer, targets),
      ...taskConditions(environment),
      ...queueConditions(environment),
      ...cacheConditions(environment),
      ...databaseConditions(environment),
      ...functionConditions(environment),
    };
    for (const [name, condition] of Object.entries(conditions)) this.add(name, environment, condition, topic);
  }

  private add(name: string, environment: Environment, condition: Condition, topic: ITopic): void {
    const { metric, above, below, breaching, minutes, isMissingBad = false } = condition;
    const alarm = new Alarm(this, name, {
      alarmName: nameOf(environment, name),
      // Several alarms watch more nodes than one may have metrics. Their names end with a number.
      alarmDescription: `What to check and how to fix it: ${runbookUrl(name.replace(/-\d+$/, ''))}`,
      metric,
      threshold: above ?? below ?? 0,
      comparisonOperator:
        above === undefined ? ComparisonOperator.LESS_THAN_THRESHOLD : ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: minutes,
      datapointsToAlarm: breaching,
      treatMissingData: isMissingBad ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(topic));
    alarm.addOkAction(new SnsAction(topic));
  }
}

const minute = { period: Duration.minutes(1) };

const apiConditions = (
  environment: Environment,
  balancer: ApplicationLoadBalancer,
  targets: ApplicationTargetGroup,
): Readonly<Record<string, Condition>> => ({
  errors: {
    metric: targets.metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, { ...minute, statistic: 'Sum' }),
    above: 10,
    ...sustained,
  },
  // Errors of the load balancer itself: a task does not answer, or closes before it has answered.
  'balancer-errors': {
    metric: balancer.metrics.httpCodeElb(HttpCodeElb.ELB_5XX_COUNT, { ...minute, statistic: 'Sum' }),
    above: 10,
    ...sustained,
  },
  latency: {
    metric: targets.metrics.targetResponseTime({ ...minute, statistic: 'p99' }),
    above: 2,
    ...sustained,
  },
  'no-healthy-task': {
    metric: targets.metrics.healthyHostCount({ ...minute, statistic: 'Maximum' }),
    below: 1,
    breaching: 3,
    minutes: 3,
    isMissingBad: true,
  },
  'unhealthy-tasks': {
    metric: targets.metrics.unhealthyHostCount({ ...minute, statistic: 'Maximum' }),
    above: 0,
    ...sustained,
  },
  'internal-errors': {
    // Errors of the API itself: not those of Envoy or the load balancer, and no 503 for a full
    // queue or an unavailable database.
    metric: sluiceMetric(environment, 'producer', 'refused_total', 'Sum', { reason: 'internal_error' }),
    above: 10,
    ...sustained,
  },
});

/** Conditions for tasks that crash repeatedly. Only Container Insights counts these tasks. */
const taskConditions = (environment: Environment): Readonly<Record<string, Condition>> =>
  environment.hasContainerInsights
    ? Object.fromEntries(
        (['producer', 'consumer'] as const).map((service) => [
          `missing-${service}s`,
          {
            metric: new MathExpression({
              expression: 'IF(FILL(running, REPEAT) < FILL(wanted, REPEAT), 1, 0)',
              usingMetrics: {
                running: taskMetric(environment, service, 'RunningTaskCount'),
                wanted: taskMetric(environment, service, 'DesiredTaskCount'),
              },
              ...minute,
              label: `Fewer ${service} tasks running than desired`,
            }),
            above: 0,
            breaching: 9,
            minutes: 10,
          },
        ]),
      )
    : {};

const queueConditions = (environment: Environment): Readonly<Record<string, Condition>> => ({
  age: {
    metric: queueMetric(environment, 'oldest_age_seconds', 'Age of the oldest entry (s)'),
    above: 120,
    ...sustained,
  },
  'dead-letters': {
    metric: queueMetric(environment, 'dead_letters', 'Dead letters'),
    above: 0,
    ...once,
  },
  'no-progress': {
    metric: new MathExpression({
      expression: 'IF(waiting > 0 AND FILL(recorded, 0) == 0, 1, 0)',
      usingMetrics: {
        waiting: sluiceMetric(environment, 'producer', 'queue_waiting_batches'),
        recorded: sluiceMetric(environment, 'consumer', 'recorded_total', 'Sum'),
      },
      ...minute,
      label: 'Entries waiting, and none recorded',
    }),
    above: 0,
    // While `recorded` is up to three minutes late, the latest three minutes breach.
    breaching: 5,
    minutes: 8,
  },
  'no-metrics': {
    metric: sluiceMetric(environment, 'producer', 'queue_consumers', 'SampleCount'),
    below: 1,
    breaching: 5,
    minutes: 5,
    isMissingBad: true,
  },
});

const databaseConditions = (environment: Environment): Readonly<Record<string, Condition>> => ({
  'mysql-cpu': {
    metric: databaseMetric(environment, 'CPUUtilization'),
    above: 85,
    ...veryLong,
  },
  'mysql-storage': {
    metric: databaseMetric(environment, 'FreeStorageSpace', 'Minimum'),
    below: 0.1 * environment.database.storageGb * 1e9,
    ...veryLong,
  },
  'mysql-connections': {
    metric: databaseMetric(environment, 'DatabaseConnections', 'Maximum'),
    // A pool has at most four (packages/ledger/connection/pools.ts). A producer has two pools
    // (apps/producer/reads/connect-reads.ts), a consumer one. The rest are for the setup and for
    // people.
    above: 4 * (2 * environment.producer.max + environment.consumer.max) + 10,
    ...long,
  },
});

const functionConditions = ({ name }: Environment): Readonly<Record<string, Condition>> =>
  Object.fromEntries(
    ['migrator', 'producer', 'consumer'].map((user) => [
      `rotation-${user}`,
      {
        metric: functionErrors(`sluice-${name}-rotate-${user}`),
        above: 0,
        ...once,
      },
    ]),
  );
