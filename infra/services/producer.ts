import { Duration } from 'aws-cdk-lib';
import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import { ContainerDependencyCondition } from 'aws-cdk-lib/aws-ecs';
import type { ApplicationTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { corsOriginOf } from '../schema/api-access.ts';
import type { Environment } from '../schema/environment.ts';
import type { FoundationStack } from '../stacks/foundation.ts';
import { healthCheckOf } from '../image-stages.ts';
import { commandWithin, envoyMemoryMiB } from '../schema/task-memory.ts';
import { SluiceService, type ServiceContext } from './fargate-service.ts';
import { apiPort, envoyPort } from './ports.ts';
import { variablesOf } from './service-variables.ts';

type ProducerProps = {
  readonly context: ServiceContext;
  readonly foundation: FoundationStack;
  readonly images: { readonly producer: IRepository; readonly envoy: IRepository };
  readonly targets: ApplicationTargetGroup;
};

/**
 * The API behind Envoy, in one task. Envoy talks to the load balancer, and the API only to Envoy.
 */
export class Producer extends Construct {
  readonly service: SluiceService;

  constructor(scope: Construct, id: string, { context, foundation, images, targets }: ProducerProps) {
    super(scope, id);
    const { queue, database, databaseSetup, network, apiTokens } = foundation;
    const { environment } = context;
    const apiMemoryMiB = environment.producer.memoryMiB - envoyMemoryMiB;
    this.service = new SluiceService(this, 'Service', {
      ...context,
      name: 'producer',
      tasks: environment.producer,
      securityGroup: network.groups.producer,
    });
    const secret = databaseSetup.secrets.producer;
    const envoy = this.service.addContainer('envoy', {
      repository: images.envoy,
      memoryMiB: envoyMemoryMiB,
      // The load balancer checks the API through Envoy.
      health: healthCheckOf('envoy'),
      more: { portMappings: [{ containerPort: envoyPort }] },
    });
    const api = this.service.addContainer('api', {
      repository: images.producer,
      memoryMiB: apiMemoryMiB,
      command: commandWithin('producer', apiMemoryMiB),
      health: healthCheckOf('producer'),
      variables: {
        ...variablesOf('producer', { environment, queue, database, secret }),
        HTTP_PORT: String(apiPort),
        // Only Envoy reaches the API. It overwrites the header with the address of the client.
        HTTP_ADDRESS: '127.0.0.1',
        CLIENT_ADDRESS_HEADER: 'x-client-address',
        QUEUE_PARTITIONS: String(queue.partitions),
        ...accessVariables(environment, apiTokens?.secret),
      },
    });
    envoy.addContainerDependencies({ container: api, condition: ContainerDependencyCondition.HEALTHY });
    const { taskRole } = this.service.taskDefinition;
    secret.grantRead(taskRole);
    apiTokens?.secret.grantRead(taskRole);
    queue.grantConnect(taskRole, 'producer');
    this.service.service.attachToApplicationTargetGroup(targets);
    this.scale(targets, environment.producer.max > environment.producer.min);
  }

  private scale(targets: ApplicationTargetGroup, isScaled: boolean): void {
    if (!isScaled) return;
    const cooldown = { scaleOutCooldown: Duration.seconds(30), scaleInCooldown: Duration.minutes(5) };
    this.service.scaling.scaleOnRequestCount('Requests', {
      requestsPerTarget: 60_000,
      targetGroup: targets,
      ...cooldown,
    });
    this.service.scaling.scaleOnCpuUtilization('Cpu', { targetUtilizationPercent: 60, ...cooldown });
  }
}

const accessVariables = (environment: Environment, tokens: ISecret | undefined): Record<string, string> => {
  const { api } = environment;
  return {
    CORS_ORIGIN: corsOriginOf(environment),
    ...(api.access === 'open' || tokens === undefined
      ? {}
      : { API_TOKENS_SECRET_ARN: tokens.secretArn, API_TOKENS_FOR: api.tokensFor }),
  };
};
