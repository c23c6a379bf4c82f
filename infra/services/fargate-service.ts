import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import type { ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import {
  AlarmBehavior,
  AvailabilityZoneRebalancing,
  Capability,
  ContainerImage,
  CpuArchitecture,
  FargateService,
  FargateTaskDefinition,
  LinuxParameters,
  LogDrivers,
  OperatingSystemFamily,
  PropagatedTagSource,
  type ContainerDefinition,
  type ContainerDefinitionOptions,
  type HealthCheck,
  type ICluster,
  type ScalableTaskCount,
} from 'aws-cdk-lib/aws-ecs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { DnsRecordType, type INamespace } from 'aws-cdk-lib/aws-servicediscovery';
import { Construct } from 'constructs';
import type { Environment } from '../schema/environment.ts';
import { deploymentAlarmsOf } from '../monitoring/alarms.ts';
import { privateSubnets } from '../network/network.ts';

/** The properties that all services of an environment share. */
export type ServiceContext = {
  readonly cluster: ICluster;
  readonly namespace: INamespace;
  readonly environment: Environment;
  /** The tag of the images, which names a release. */
  readonly imageTag: string;
};

type TaskProps = Pick<ServiceContext, 'environment' | 'imageTag'> & {
  /** The name of the task, and of its family. */
  readonly name: 'producer' | 'consumer' | 'operator';
  readonly size: Pick<Environment['producer'], 'cpu' | 'memoryMiB'>;
};

type ServiceProps = ServiceContext & {
  /** Its name in Cloud Map. */
  readonly name: 'producer' | 'consumer';
  readonly tasks: Environment['producer'];
  readonly securityGroup: ISecurityGroup;
};

type ContainerProps = {
  readonly repository: IRepository;
  /**
   * The hard limit in MiB. A container that exceeds it is killed, and its neighbours keep theirs.
   */
  readonly memoryMiB: number;
  /** Replaces the command of the image. */
  readonly command?: readonly string[];
  /** The command of the health check that ECS runs. */
  readonly health?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  readonly more?: Partial<ContainerDefinitionOptions>;
};

// A process ends by itself within 10 s of SIGTERM.
const stopTimeout = Duration.seconds(15);
// The user `node` of its image, and a user of Envoy's image. Neither is root.
const user = '1000:1000';

/**
 * A task on Fargate. All tasks run on ARM, as an unprivileged user, on a file system that they
 * never write to.
 */
export class SluiceTask extends Construct {
  readonly taskDefinition: FargateTaskDefinition;
  private readonly logGroup: LogGroup;
  private readonly imageTag: string;

  constructor(scope: Construct, id: string, { environment, imageTag, name, size }: TaskProps) {
    super(scope, id);
    this.imageTag = imageTag;
    this.logGroup = new LogGroup(this, 'Log', {
      retention: environment.logDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.taskDefinition = new FargateTaskDefinition(this, 'Task', {
      family: `sluice-${environment.name}-${name}`,
      cpu: size.cpu,
      memoryLimitMiB: size.memoryMiB,
      runtimePlatform: {
        cpuArchitecture: CpuArchitecture.ARM64,
        operatingSystemFamily: OperatingSystemFamily.LINUX,
      },
    });
    this.acknowledge();
  }

  private acknowledge(): void {
    Validations.of(this.taskDefinition).acknowledge({
      id: 'AwsSolutions::AwsSolutions-ECS2',
      reason: 'The variables hold addresses and ARNs of secrets; policy/secrets.ts checks that none holds a secret',
    });
    Validations.of(this.taskDefinition.obtainExecutionRole()).acknowledge({
      id: 'AwsSolutions::AwsSolutions-IAM5[Resource::*]',
      reason: 'ecr:GetAuthorizationToken is for a whole registry; the task may pull only its own images',
    });
  }

  /** Adds a container. When the first container ends, the task ends. */
  addContainer(name: string, props: ContainerProps): ContainerDefinition {
    const { repository, memoryMiB, command, health, variables = {}, more = {} } = props;
    const linuxParameters = new LinuxParameters(this, `Linux-${name}`, { initProcessEnabled: false });
    linuxParameters.dropCapabilities(Capability.ALL);
    return this.taskDefinition.addContainer(name, {
      image: ContainerImage.fromEcrRepository(repository, this.imageTag),
      user,
      memoryLimitMiB: memoryMiB,
      ...(command === undefined ? {} : { command: [...command] }),
      readonlyRootFilesystem: true,
      linuxParameters,
      stopTimeout,
      ...(health === undefined ? {} : { healthCheck: healthCheckOf(health) }),
      environment: { ...variables },
      logging: LogDrivers.awsLogs({ logGroup: this.logGroup, streamPrefix: name }),
      ...more,
    });
  }
}

/**
 * Tasks that always run, in private subnets. A release whose tasks do not come up is rolled back.
 * The scaling sets the number of tasks: a number in the template would reset it with each release.
 */
export class SluiceService extends SluiceTask {
  readonly service: FargateService;
  readonly scaling: ScalableTaskCount;

  constructor(scope: Construct, id: string, props: ServiceProps) {
    super(scope, id, { ...props, size: props.tasks });
    const { cluster, namespace, environment, name, tasks } = props;
    this.service = new FargateService(this, 'Service', {
      cluster,
      taskDefinition: this.taskDefinition,
      serviceName: name,
      ...(tasks.isSpot ? { capacityProviderStrategies: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }] } : {}),
      assignPublicIp: false,
      vpcSubnets: privateSubnets,
      securityGroups: [props.securityGroup],
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      circuitBreaker: { enable: true, rollback: true },
      availabilityZoneRebalancing: AvailabilityZoneRebalancing.ENABLED,
      enableExecuteCommand: false,
      // Tasks have no tags otherwise, and the budget, which counts by tag, would miss them.
      propagateTags: PropagatedTagSource.SERVICE,
      cloudMapOptions: {
        cloudMapNamespace: namespace,
        name,
        dnsRecordType: DnsRecordType.A,
        dnsTtl: Duration.seconds(10),
      },
    });
    if (environment.hasAlarms) {
      this.service.enableDeploymentAlarms(deploymentAlarmsOf(environment, name), {
        behavior: AlarmBehavior.ROLLBACK_ON_ALARM,
      });
    }
    this.scaling = this.service.autoScaleTaskCount({ minCapacity: tasks.min, maxCapacity: tasks.max });
  }
}

const healthCheckOf = (command: readonly string[]): HealthCheck => ({
  command: ['CMD', ...command],
  interval: Duration.seconds(10),
  timeout: Duration.seconds(5),
  retries: 3,
  startPeriod: Duration.seconds(30),
});
