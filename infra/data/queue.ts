import { ArnFormat, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { PredefinedMetric, ScalableTarget, ServiceNamespace } from 'aws-cdk-lib/aws-applicationautoscaling';
import { Connections, Port, type IConnectable, type ISecurityGroup, type IVpc } from 'aws-cdk-lib/aws-ec2';
import {
  CfnParameterGroup,
  CfnReplicationGroup,
  CfnServerlessCache,
  CfnSubnetGroup,
  CfnUser,
  CfnUserGroup,
} from 'aws-cdk-lib/aws-elasticache';
import { Grant, Role, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Environment } from '../schema/environment.ts';
import { privateSubnets } from '../network/network.ts';
import { accessStringOf, queueRights, type QueueUser } from './queue-users.ts';

type QueueProps = { readonly vpc: IVpc; readonly securityGroup: ISecurityGroup; readonly environment: Environment };
type NodesQueue = Extract<Environment['queue'], { kind: 'nodes' }>;
type ServerlessQueue = Extract<Environment['queue'], { kind: 'serverless' }>;
/** The cache of either kind. */
type Cache = { readonly resource: 'serverlesscache' | 'replicationgroup'; readonly host: string };

const queueName = 'count_queue';
const userNames = Object.keys(queueRights).filter((name): name is QueueUser => name in queueRights);

/**
 * Valkey, serverless or on nodes. Its users see no difference: both are clusters with TLS, and both
 * authenticate users only by IAM.
 */
export class Queue extends Construct implements IConnectable {
  readonly connections: Connections;
  /** The host name that leads to any of its nodes. */
  readonly host: string;
  /** The number of partitions that use the whole cache. */
  readonly partitions: number;
  private readonly cacheName: string;
  private readonly resource: Cache['resource'];

  constructor(scope: Construct, id: string, { vpc, securityGroup, environment }: QueueProps) {
    super(scope, id);
    this.cacheName = `sluice-${environment.name}`;
    this.connections = new Connections({ securityGroups: [securityGroup], defaultPort: Port.tcp(6379) });
    const userGroup = this.createUsers();
    const { subnetIds } = vpc.selectSubnets(privateSubnets);
    const { queue, isProtected } = environment;
    const place = { userGroup, securityGroup, subnetIds, isProtected };
    const cache = queue.kind === 'serverless' ? this.createServerless(queue, place) : this.createNodes(queue, place);
    this.host = cache.host;
    this.resource = cache.resource;
    this.partitions = queue.kind === 'serverless' ? 1 : queue.maxShards;
  }

  /** Lets a role log in as this user of the queue and no other. */
  grantConnect(grantee: IGrantable, user: QueueUser): Grant {
    return Grant.addToPrincipal({
      grantee,
      actions: ['elasticache:Connect'],
      resourceArns: [this.arnOf(this.resource, this.cacheName), this.arnOf('user', this.userIdOf(user))],
    });
  }

  /**
   * Returns the environment variables with which a process logs in as a user of the queue. They
   * contain no secret.
   */
  environmentOf(user: QueueUser): Record<string, string> {
    return {
      REDIS_HOST: this.host,
      REDIS_PORT: '6379',
      REDIS_CLUSTER: 'true',
      REDIS_TLS: 'true',
      REDIS_QUEUE: queueName,
      REDIS_USERNAME: this.userIdOf(user),
      REDIS_IAM_CACHE: this.cacheName,
    };
  }

  /**
   * Creates the users. With IAM authentication a user's id must be its name. Valkey's user groups
   * need no user `default`; without one, nobody can log in as it.
   */
  private createUsers(): CfnUserGroup {
    const users = userNames.map(
      (user) =>
        new CfnUser(this, `User-${user}`, {
          engine: 'valkey',
          userId: this.userIdOf(user),
          userName: this.userIdOf(user),
          authenticationMode: { Type: 'iam' },
          accessString: accessStringOf(user, queueName),
        }),
    );
    return new CfnUserGroup(this, 'Users', {
      engine: 'valkey',
      userGroupId: this.cacheName,
      userIds: users.map(({ ref }) => ref),
    });
  }

  private createServerless({ maxStorageGb, maxEcpuPerSecond }: ServerlessQueue, place: Place): Cache {
    const cache = new CfnServerlessCache(this, 'Serverless', {
      engine: 'valkey',
      majorEngineVersion: '9',
      serverlessCacheName: this.cacheName,
      description: 'The queue of Sluice',
      securityGroupIds: [place.securityGroup.securityGroupId],
      subnetIds: [...place.subnetIds],
      userGroupId: place.userGroup.ref,
      cacheUsageLimits: {
        dataStorage: { unit: 'GB', maximum: maxStorageGb },
        ecpuPerSecond: { maximum: maxEcpuPerSecond },
      },
    });
    return { resource: 'serverlesscache', host: cache.attrEndpointAddress };
  }

  private createNodes(queue: NodesQueue, place: Place): Cache {
    const parameters = new CfnParameterGroup(this, 'Parameters', {
      cacheParameterGroupFamily: 'valkey9',
      description: 'A queue: what is not recorded yet is never evicted',
      properties: { 'cluster-enabled': 'yes', 'maxmemory-policy': 'noeviction' },
    });
    const subnets = new CfnSubnetGroup(this, 'Subnets', {
      description: 'The private subnets',
      subnetIds: [...place.subnetIds],
    });
    const nodes = new CfnReplicationGroup(this, 'Nodes', {
      engine: 'valkey',
      engineVersion: '9.0',
      replicationGroupId: this.cacheName,
      replicationGroupDescription: 'The queue of Sluice',
      clusterMode: 'enabled',
      durability: queue.durability,
      cacheNodeType: queue.nodeType,
      numNodeGroups: queue.minShards,
      replicasPerNodeGroup: queue.replicasPerShard,
      multiAzEnabled: true,
      automaticFailoverEnabled: true,
      cacheParameterGroupName: parameters.ref,
      cacheSubnetGroupName: subnets.ref,
      securityGroupIds: [place.securityGroup.securityGroupId],
      userGroupIds: [place.userGroup.ref],
      transitEncryptionEnabled: true,
      atRestEncryptionEnabled: true,
      autoMinorVersionUpgrade: true,
      preferredMaintenanceWindow: 'sun:03:00-sun:04:00',
    });
    Validations.of(nodes).acknowledge(
      {
        id: 'AwsSolutions::AwsSolutions-AEC5',
        reason: 'The port is the default one; security groups allow only two groups to reach it',
      },
      { id: 'AwsSolutions::AwsSolutions-AEC6', reason: 'The rule knows only AUTH; here each user logs in with IAM' },
    );
    // Without it CloudFormation replaces the cluster when the number of shards changes.
    nodes.cfnOptions.updatePolicy = { useOnlineResharding: true };
    nodes.applyRemovalPolicy(place.isProtected ? RemovalPolicy.SNAPSHOT : RemovalPolicy.DESTROY);
    if (queue.maxShards > queue.minShards) this.scaleShards(nodes, queue);
    return { resource: 'replicationgroup', host: nodes.attrConfigurationEndPointAddress };
  }

  private scaleShards(nodes: CfnReplicationGroup, { minShards, maxShards }: NodesQueue): void {
    const target = new ScalableTarget(this, 'Shards', {
      serviceNamespace: ServiceNamespace.ELASTICACHE,
      scalableDimension: 'elasticache:replication-group:NodeGroups',
      resourceId: `replication-group/${nodes.ref}`,
      minCapacity: minShards,
      maxCapacity: maxShards,
      // ElastiCache accepts only this role.
      role: Role.fromRoleArn(
        this,
        'ScalingRole',
        Stack.of(this).formatArn({
          service: 'iam',
          region: '',
          resource: 'role',
          resourceName:
            'aws-service-role/elasticache.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ElastiCacheRG',
        }),
      ),
    });
    target.scaleToTrackMetric('Cpu', {
      predefinedMetric: PredefinedMetric.ELASTICACHE_PRIMARY_ENGINE_CPU_UTILIZATION,
      targetValue: 60,
    });
    target.scaleToTrackMetric('Memory', {
      predefinedMetric: PredefinedMetric.ELASTICACHE_DATABASE_CAPACITY_USAGE_COUNTED_FOR_EVICT_PERCENTAGE,
      targetValue: 60,
    });
  }

  /**
   * Returns the id of a user. Ids are unique in an account and region, so they start with the
   * cache's name.
   */
  private userIdOf(user: QueueUser): string {
    return `${this.cacheName}-${user}`;
  }

  private arnOf(resource: string, resourceName: string): string {
    return Stack.of(this).formatArn({
      service: 'elasticache',
      resource,
      resourceName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }
}

type Place = {
  readonly userGroup: CfnUserGroup;
  readonly securityGroup: ISecurityGroup;
  readonly subnetIds: readonly string[];
  readonly isProtected: boolean;
};
