import { Duration } from 'aws-cdk-lib';
import { AdjustmentType, MetricAggregationType } from 'aws-cdk-lib/aws-applicationautoscaling';
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import { Construct } from 'constructs';
import type { Environment } from '../environment.ts';
import type { FoundationStack } from '../stacks/foundation.ts';
import { commandWithin } from '../task-memory.ts';
import { SluiceService, type ServiceContext } from './fargate-service.ts';
import { queueMetric, sluiceMetric } from '../monitoring/metrics.ts';
import { variablesOf } from './service-variables.ts';

type ConsumerProps = {
  readonly context: ServiceContext;
  readonly foundation: FoundationStack;
  readonly image: IRepository;
};

const ageOf = (environment: Environment) =>
  queueMetric(environment, 'oldest_age_seconds', 'Age of the oldest entry (s)');

/** The age, or 0 while the database does not record: more consumers would not help. */
const ageWhileRecording = (environment: Environment) =>
  new MathExpression({
    expression: 'IF(FILL(failing, 0) > 0, 0, age)',
    usingMetrics: {
      age: ageOf(environment),
      failing: sluiceMetric(environment, 'consumer', 'retries_total', 'Maximum', { step: 'record' }),
    },
    period: Duration.minutes(1),
    label: 'Age of the oldest entry while the ledger records (s)',
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

  /** Scales out at once, and scales in after 15 minutes without work. */
  private scale(environment: Environment): void {
    const { scaling } = this.service;
    scaling.scaleOnMetric('Out', {
      metric: ageWhileRecording(environment),
      adjustmentType: AdjustmentType.CHANGE_IN_CAPACITY,
      metricAggregationType: MetricAggregationType.MAXIMUM,
      evaluationPeriods: 1,
      cooldown: Duration.minutes(1),
      scalingSteps: [
        { lower: 30, change: 1 },
        { lower: 120, change: 2 },
      ],
    });
    scaling.scaleOnMetric('In', {
      metric: ageOf(environment),
      adjustmentType: AdjustmentType.CHANGE_IN_CAPACITY,
      metricAggregationType: MetricAggregationType.MAXIMUM,
      evaluationPeriods: 15,
      cooldown: Duration.minutes(5),
      scalingSteps: [
        { upper: 1, change: -1 },
        { lower: 1, upper: 5, change: 0 },
      ],
    });
  }
}
