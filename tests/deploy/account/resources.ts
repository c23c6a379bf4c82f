import { CloudFrontClient, CreateDistributionCommand } from '@aws-sdk/client-cloudfront';
import { CloudWatchLogsClient, CreateLogGroupCommand, DeleteLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateVpcCommand,
  DeleteVpcCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { CreateRepositoryCommand, DeleteRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DeleteServiceCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import {
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DeleteLoadBalancerCommand,
  DeleteTargetGroupCommand,
  DescribeLoadBalancerAttributesCommand,
  ElasticLoadBalancingV2Client,
  ModifyLoadBalancerAttributesCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { CreateDBInstanceCommand, DeleteDBInstanceCommand, RDSClient } from '@aws-sdk/client-rds';
import { CreateBucketCommand, DeleteBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';

/**
 * The names that a resource's properties may refer to: other resources of its stack, and its
 * parameters.
 */
type Scope = {
  readonly physicalIds: ReadonlyMap<string, string>;
  readonly parameters: Readonly<Record<string, string>>;
};

/** A region of the emulated account. It creates the resources that moto supports. */
export type Place = {
  readonly region: string;
  readonly readTemplate: (url: string) => Promise<string>;
  /** Creates a resource and returns its physical id. Throws when AWS would refuse it. */
  readonly make: (
    name: string,
    type: string,
    properties: Readonly<Record<string, unknown>>,
    scope: Scope,
  ) => Promise<string>;
  readonly remove: (type: string, physicalId: string) => Promise<void>;
};

// References to other resources are omitted.
const text = z.string().optional().catch(undefined);
const named = z.looseObject({
  RepositoryName: text,
  ClusterName: text,
  ServiceName: text,
  LogGroupName: text,
  Family: text,
  CidrBlock: text,
  Tags: z.array(z.object({ Key: z.string(), Value: z.string() })).catch([]),
  ContainerDefinitions: z.array(z.looseObject({ Name: z.string() })).catch([]),
  DBInstanceIdentifier: text,
  DeletionProtection: z.boolean().catch(false),
  LoadBalancerAttributes: z.array(z.object({ Key: z.string(), Value: text })).catch([]),
});

export const createPlace = (motoPort: number, region: string): Place => {
  const settings = {
    region,
    endpoint: `http://127.0.0.1:${motoPort}`,
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' },
  };
  const s3 = new S3Client({ ...settings, forcePathStyle: true });
  const ecr = new ECRClient(settings);
  const ecs = new ECSClient(settings);
  const ec2 = new EC2Client(settings);
  const logs = new CloudWatchLogsClient(settings);
  const loadBalancing = new ElasticLoadBalancingV2Client(settings);
  const cloudFront = new CloudFrontClient(settings);
  const rds = new RDSClient(settings);

  const make: Place['make'] = async (name, type, properties, { physicalIds, parameters }) => {
    const given = named.parse(properties);
    switch (type) {
      case 'AWS::S3::Bucket': {
        const Bucket = `${name}-bucket`.toLowerCase();
        const CreateBucketConfiguration = { LocationConstraint: 'eu-central-1' } as const;
        await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration })).catch(unlessThere);
        return Bucket;
      }
      case 'AWS::ECR::Repository': {
        const repositoryName = given.RepositoryName ?? name;
        await ecr.send(new CreateRepositoryCommand({ repositoryName, tags: given.Tags })).catch(unlessThere);
        return repositoryName;
      }
      case 'AWS::EC2::VPC': {
        const { Vpc } = await ec2.send(
          new CreateVpcCommand({
            CidrBlock: given.CidrBlock,
            TagSpecifications: [{ ResourceType: 'vpc', Tags: given.Tags }],
          }),
        );
        return Vpc?.VpcId ?? '';
      }
      case 'AWS::Logs::LogGroup': {
        const logGroupName = given.LogGroupName ?? name;
        await logs
          .send(
            new CreateLogGroupCommand({
              logGroupName,
              tags: Object.fromEntries(given.Tags.map(({ Key, Value }) => [Key, Value])),
            }),
          )
          .catch(unlessThere);
        return logGroupName;
      }
      case 'AWS::ECS::Cluster': {
        await ecs.send(new CreateClusterCommand({ clusterName: given.ClusterName }));
        return given.ClusterName ?? '';
      }
      case 'AWS::ECS::TaskDefinition': {
        const group = [...physicalIds].find(([id]) =>
          id.startsWith(
            name.includes('Operator')
              ? 'Operator'
              : name.includes('Producer')
                ? 'ProducerServiceLog'
                : 'ConsumerServiceLog',
          ),
        )?.[1];
        const { taskDefinition } = await ecs.send(
          new RegisterTaskDefinitionCommand({
            family: given.Family,
            containerDefinitions: given.ContainerDefinitions.map((container) => ({
              name: container.Name,
              image: `registry/${container.Name}:${parameters['ImageTag']}`,
              memory: 256,
              logConfiguration: {
                logDriver: 'awslogs',
                options: { 'awslogs-group': group ?? '', 'awslogs-stream-prefix': container.Name },
              },
            })),
          }),
        );
        return taskDefinition?.taskDefinitionArn ?? '';
      }
      case 'AWS::ECS::Service': {
        const serviceName = given.ServiceName ?? name;
        const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
        const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({}));
        const { service } = await ecs.send(
          new CreateServiceCommand({
            cluster: [...physicalIds.values()].find((id) => /^sluice-[a-z0-9]+$/.test(id)),
            serviceName,
            taskDefinition: [...physicalIds.values()].findLast((id) => id.includes(`-${serviceName}:`)),
            desiredCount: 1,
            networkConfiguration: {
              awsvpcConfiguration: {
                subnets: [Subnets[0]?.SubnetId ?? ''],
                securityGroups: [SecurityGroups[0]?.GroupId ?? ''],
              },
            },
          }),
        );
        return service?.serviceArn ?? '';
      }
      case 'AWS::ElasticLoadBalancingV2::TargetGroup': {
        const { Vpcs = [] } = await ec2.send(new DescribeVpcsCommand({}));
        const { TargetGroups } = await loadBalancing.send(
          new CreateTargetGroupCommand({
            ...{ Name: 'sluice', TargetType: 'ip', Protocol: 'HTTP', Port: 80 },
            VpcId: Vpcs.at(-1)?.VpcId,
          }),
        );
        return TargetGroups?.[0]?.TargetGroupArn ?? '';
      }
      case 'AWS::ElasticLoadBalancingV2::LoadBalancer': {
        const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
        const { LoadBalancers } = await loadBalancing.send(
          new CreateLoadBalancerCommand({
            // A name of its own: moto returns an existing load balancer of the same name.
            Name: `sluice-${Date.now().toString(36)}`,
            Subnets: Subnets.slice(0, 1).map(({ SubnetId = '' }) => SubnetId),
            Scheme: 'internal',
          }),
        );
        const LoadBalancerArn = LoadBalancers?.[0]?.LoadBalancerArn ?? '';
        // The others refer to resources of the stack.
        const Attributes = given.LoadBalancerAttributes.filter(({ Key }) => Key === 'deletion_protection.enabled');
        await loadBalancing.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn, Attributes }));
        return LoadBalancerArn;
      }
      case 'AWS::RDS::DBInstance': {
        const DBInstanceIdentifier = given.DBInstanceIdentifier ?? name;
        await rds.send(
          new CreateDBInstanceCommand({
            ...{ DBInstanceIdentifier, DBInstanceClass: 'db.t4g.micro', Engine: 'mysql', AllocatedStorage: 20 },
            ...{ MasterUsername: 'admin', MasterUserPassword: 'of-the-emulator' },
            DeletionProtection: given.DeletionProtection,
          }),
        );
        return DBInstanceIdentifier;
      }
      case 'AWS::CloudFront::Distribution': {
        const origin = {
          Id: 'page',
          DomainName: 'page.s3.amazonaws.com',
          S3OriginConfig: { OriginAccessIdentity: '' },
        };
        const behavior = { TargetOriginId: 'page', ViewerProtocolPolicy: 'https-only' } as const;
        const { Distribution } = await cloudFront.send(
          new CreateDistributionCommand({
            DistributionConfig: {
              CallerReference: name,
              Comment: name,
              Enabled: true,
              Origins: { Quantity: 1, Items: [origin] },
              DefaultCacheBehavior: behavior,
            },
          }),
        );
        return Distribution?.Id ?? '';
      }
      default:
        return name;
    }
  };

  const remove: Place['remove'] = async (type, physicalId) => {
    switch (type) {
      case 'AWS::S3::Bucket':
        await s3.send(new DeleteBucketCommand({ Bucket: physicalId }));
        break;
      case 'AWS::ECR::Repository':
        await ecr.send(new DeleteRepositoryCommand({ repositoryName: physicalId, force: true }));
        break;
      case 'AWS::EC2::VPC': {
        const { NetworkInterfaces = [] } = await ec2.send(
          new DescribeNetworkInterfacesCommand({ Filters: [{ Name: 'vpc-id', Values: [physicalId] }] }),
        );
        // moto would delete it anyway.
        if (NetworkInterfaces.length > 0)
          throw new Error(
            `The vpc '${physicalId}' has dependencies and cannot be deleted. (Service: Ec2, Status Code: 400, Error Code: DependencyViolation)`,
          );
        await ec2.send(new DeleteVpcCommand({ VpcId: physicalId }));
        break;
      }
      case 'AWS::Logs::LogGroup':
        await logs.send(new DeleteLogGroupCommand({ logGroupName: physicalId }));
        break;
      case 'AWS::ECS::Service':
        await ecs.send(
          new DeleteServiceCommand({
            cluster: physicalId.split('/').at(-2),
            service: physicalId.split('/').at(-1),
            force: true,
          }),
        );
        break;
      case 'AWS::ElasticLoadBalancingV2::TargetGroup':
        await loadBalancing.send(new DeleteTargetGroupCommand({ TargetGroupArn: physicalId }));
        break;
      case 'AWS::ElasticLoadBalancingV2::LoadBalancer': {
        const of = { LoadBalancerArn: physicalId };
        const { Attributes = [] } = await loadBalancing.send(new DescribeLoadBalancerAttributesCommand(of));
        // moto would delete it anyway.
        if (Attributes.some(({ Key, Value }) => Key === 'deletion_protection.enabled' && Value === 'true'))
          throw new Error(
            `Load balancer '${physicalId}' cannot be deleted because deletion protection is enabled (Service: ElasticLoadBalancingV2, Status Code: 400)`,
          );
        await loadBalancing.send(new DeleteLoadBalancerCommand(of));
        break;
      }
      case 'AWS::RDS::DBInstance':
        await rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: physicalId, SkipFinalSnapshot: true }));
        break;
      default:
    }
  };

  return {
    region,
    make,
    remove,
    readTemplate: async (url) => {
      const [Bucket, ...rest] = new URL(url).pathname.slice(1).split('/');
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: rest.join('/') }));
      return (await Body?.transformToString()) ?? '';
    },
  };
};

/** Ignores the error if an earlier attempt created the resource; else throws it. */
const unlessThere = (error: unknown): void => {
  const name = error instanceof Error ? error.name : '';
  if (!/AlreadyExists|AlreadyOwnedByYou/.test(name)) throw error;
};
