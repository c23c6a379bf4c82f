import { Duration } from 'aws-cdk-lib';
import { Dashboard, GraphWidget, type IMetric, type IWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { HttpCodeTarget, type ApplicationTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import type { Environment } from '../schema/environment.ts';
import { cacheMetric, databaseMetric, queueMetric, sluiceMetric } from './metrics.ts';

type DashboardProps = { readonly environment: Environment; readonly targets: ApplicationTargetGroup };

const graph = (title: string, left: readonly IMetric[], right: readonly IMetric[] = []): IWidget =>
  new GraphWidget({ title, left: [...left], right: [...right], width: 6, height: 6 });

/**
 * The data flow from left to right: the API, the queue, the consumers, the ledger. Below each is
 * the infrastructure that it runs on.
 */
export class DataFlowDashboard extends Construct {
  constructor(scope: Construct, id: string, { environment, targets }: DashboardProps) {
    super(scope, id);
    const period = Duration.minutes(1);
    const dashboard = new Dashboard(this, 'Dashboard', { dashboardName: `sluice-${environment.name}` });
    dashboard.addWidgets(
      graph('Counts acknowledged', [sluiceMetric(environment, 'producer', 'accepted_total', 'Sum')]),
      graph(
        'Waiting',
        [queueMetric(environment, 'waiting_batches', 'Batches')],
        [queueMetric(environment, 'oldest_age_seconds', 'Age of the oldest (s)')],
      ),
      graph('Counts recorded', [sluiceMetric(environment, 'consumer', 'recorded_total', 'Sum')]),
      graph('Transactions (s)', [
        sluiceMetric(environment, 'consumer', 'transaction_seconds_p50'),
        sluiceMetric(environment, 'consumer', 'transaction_seconds_p99'),
      ]),
    );
    dashboard.addWidgets(
      graph(
        'Responses',
        [
          targets.metrics.requestCount({ period }),
          targets.metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, { period }),
        ],
        [targets.metrics.targetResponseTime({ period, statistic: 'p99' })],
      ),
      graph(
        'Valkey',
        environment.queue.kind === 'serverless'
          ? [
              cacheMetric(environment, 'BytesUsedForCache'),
              cacheMetric(environment, 'ElastiCacheProcessingUnits', 'Sum'),
            ]
          : [
              cacheMetric(environment, 'DatabaseCapacityUsageCountedForEvictPercentage'),
              cacheMetric(environment, 'EngineCPUUtilization', 'Average', { Role: 'Primary' }),
            ],
        [queueMetric(environment, 'dead_letters', 'Dead letters')],
      ),
      graph('Consumers', [
        queueMetric(environment, 'consumers', 'Active'),
        queueMetric(environment, 'in_flight_batches', 'Batches in flight'),
      ]),
      graph(
        'MySQL',
        [databaseMetric(environment, 'CPUUtilization')],
        [databaseMetric(environment, 'DatabaseConnections'), databaseMetric(environment, 'FreeStorageSpace')],
      ),
    );
  }
}
