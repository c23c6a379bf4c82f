import { Duration } from 'aws-cdk-lib';
import { AdjustmentType, MetricAggregationType } from 'aws-cdk-lib/aws-applicationautoscaling';
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import { Construct } from 'constructs';
import type { Environment } from '../schema/environment.ts';
import type { FoundationStack } from '../stacks/foundation.ts';
import { commandWithin } from '../schema/task-memory.ts';
import { SluiceService, type ServiceContext } from './fargate-service.ts';
import { queueMetric, serviceCpu, sluiceMetric } from '../monitoring/metrics.ts';
import { variablesOf } from './service-variables.ts';

type ConsumerProps = {
  readonly context: ServiceContext;
  readonly foundation: FoundationStack;
  readonly image: IRepository;
};

/**
 * The age of the oldest entry, or 0 in a minute in which nothing was recorded: more consumers would
 * not help. A minute for which `recorded` is not known yet has no value.
 */
const ageWhileRecording = (environment: Environment) =>
  new MathExpression({
    expression: 'IF(recorded > 0, FILL(age, REPEAT), 0)',
    usingMetrics: {
      age: queueMetric(environment, 'oldest_age_seconds', 'Age of the oldest entry (s)'),
      recorded: sluiceMetric(environment, 'consumer', 'recorded_total', 'Sum'),
    },
    period: Duration.minutes(1),
    label: 'Age of the oldest entry while the ledger records (s)',
  });

/** The CPU usage of the consumers, or 100 in a minute in which an entry waited. */
const cpuWhileIdle = (environment: Environment) =>
  new MathExpression({
    expression: 'IF(waiting > 0, 100, cpu)',
    usingMetrics: {
      waiting: queueMetric(environment, 'waiting_batches', 'Batches'),
      cpu: serviceCpu(environment, 'consumer'),
    },
    period: Duration.minutes(1),
    label: 'CPU of the consumers while nothing waits (%)',
  });

/** The tasks that record batches. */
export class Consumer extends Construct {
  readonly service: SluiceService;

  constructor(scope: Construct, id: string, { context, foundation, image }: ConsumerProps) {
    super(scope, id);
    const { queue, database, databaseSetup, network } = foundation;
    const { environment } = context;
    this.service = new SluiceService(this, 'Service', {
      ...context,
      name: 'consumer',
      tasks: environment.consumer,
      securityGroup: network.groups.consumer,
    });
    const secret = databaseSetup.secrets.consumer;
    this.service.addContainer('consumer', {
      // No health check: ECS could only ask if the process exists. A stuck process ends itself
      // (`WATCHDOG_MS`).
      repository: image,
      memoryMiB: environment.consumer.memoryMiB,
      command: commandWithin('consumer', environment.consumer.memoryMiB),
      variables: variablesOf('consumer', { environment, queue, database, secret }),
    });
    const { taskRole } = this.service.taskDefinition;
    secret.grantRead(taskRole);
    queue.grantConnect(taskRole, 'consumer');
    if (environment.consumer.max > environment.consumer.min) this.scale(environment);
  }

  /**
   * Scales out when entries wait for 90 s, and scales in after 15 minutes in which nothing
   * waited and the processor was idle. A full load that the consumers manage is no reason to scale
   * in: its entries are young, too.
   */
  private scale(environment: Environment): void {
    const { scaling } = this.service;
    scaling.scaleOnMetric('Out', {
      metric: ageWhileRecording(environment),
      adjustmentType: AdjustmentType.CHANGE_IN_CAPACITY,
      metricAggregationType: MetricAggregationType.MAXIMUM,
      // Metrics arrive up to some minutes late.
      evaluationPeriods: 3,
      datapointsToAlarm: 1,
      cooldown: Duration.minutes(1),
      scalingSteps: [
        // In the last minute with recorded counts before the ledger fails, entries are younger:
        // consumers report what they recorded up to 30 s later.
        { lower: 90, change: 1 },
        { lower: 180, change: 2 },
      ],
    });
    scaling.scaleOnMetric('In', {
      metric: cpuWhileIdle(environment),
      adjustmentType: AdjustmentType.CHANGE_IN_CAPACITY,
      metricAggregationType: MetricAggregationType.MAXIMUM,
      evaluationPeriods: 15,
      cooldown: Duration.minutes(5),
      scalingSteps: [
        // With one of two consumers less, the other one uses twice as much.
        { upper: 20, change: -1 },
        { lower: 20, upper: 100, change: 0 },
      ],
    });
  }
}
