import * as z from 'zod';
import { inspect, referenceOf, type Finding, type Resource, type StackTemplate } from './template.ts';

type Rule = {
  readonly type: string;
  readonly property: string;
  readonly says: string;
  readonly isKept: (resource: Resource, template: StackTemplate) => boolean;
};

/**
 * Rules for every resource of a kind in every environment. CloudFormation's rules, cdk-nag's and the
 * linters' in CI do not cover them.
 */
const rules: readonly Rule[] = [
  {
    type: 'AWS::RDS::DBInstance',
    property: 'MultiAZ',
    says: 'needs subnets in a second zone',
    isKept: ({ Properties }, template) =>
      Properties['MultiAZ'] !== true || countZones(template, Properties['DBSubnetGroupName']) > 1,
  },
  {
    type: 'AWS::ElastiCache::ReplicationGroup',
    property: 'MultiAZEnabled',
    says: 'needs subnets in a second zone',
    isKept: ({ Properties }, template) =>
      Properties['MultiAZEnabled'] !== true || countZones(template, Properties['CacheSubnetGroupName']) > 1,
  },
  {
    type: 'AWS::ElastiCache::ReplicationGroup',
    property: 'MultiAZEnabled',
    says: 'needs AutomaticFailoverEnabled, and a replica in each shard',
    isKept: ({ Properties }) =>
      Properties['MultiAZEnabled'] !== true ||
      (Properties['AutomaticFailoverEnabled'] === true && Number(Properties['ReplicasPerNodeGroup']) > 0),
  },
  {
    type: 'AWS::EC2::VPCEndpoint',
    property: 'PolicyDocument',
    says: 'must be set: without a policy an endpoint leads to the resources of every account',
    isKept: ({ Properties }) => Properties['PolicyDocument'] !== undefined,
  },
  {
    type: 'AWS::EC2::Subnet',
    property: 'MapPublicIpOnLaunch',
    says: 'must not be true: nothing in a subnet gets a public address',
    isKept: ({ Properties }) => Properties['MapPublicIpOnLaunch'] !== true,
  },
  {
    type: 'AWS::EC2::Subnet',
    property: 'AvailabilityZone',
    says: 'must be a zone: CDK writes dummy1 if it cannot look zones up',
    isKept: ({ Properties }) => !String(Properties['AvailabilityZone']).startsWith('dummy'),
  },
  {
    type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
    property: 'Scheme',
    says: 'must be internal: only CloudFront is public',
    isKept: ({ Properties }) => Properties['Scheme'] === 'internal',
  },
  {
    type: 'AWS::Lambda::Function',
    property: 'Architectures',
    says: 'must be arm64',
    isKept: ({ Properties }) => JSON.stringify(Properties['Architectures']) === '["arm64"]',
  },
  {
    type: 'AWS::Lambda::Function',
    property: 'LoggingConfig',
    says: 'must name a log group of the stack: Lambda would create one without retention that outlives the stack',
    isKept: ({ Properties }) => Properties['LoggingConfig'] !== undefined,
  },
  {
    type: 'AWS::ECS::TaskDefinition',
    property: 'RuntimePlatform',
    says: 'must be ARM64',
    isKept: ({ Properties }) => JSON.stringify(Properties['RuntimePlatform'] ?? '').includes('"ARM64"'),
  },
  {
    type: 'AWS::Logs::LogGroup',
    property: 'DeletionPolicy',
    says: 'must be Delete: destroying an environment leaves nothing',
    isKept: ({ DeletionPolicy }) => DeletionPolicy === 'Delete',
  },
];

/** Finds violations of the project's rules. */
export const findBreaches = (templates: readonly StackTemplate[]): Finding[] =>
  inspect(templates, (resource, template) =>
    rules
      .filter(({ type, isKept }) => type === resource.Type && !isKept(resource, template))
      .map(({ property, says }) => ({ where: property, what: says })),
  );

const subnets = z.object({ SubnetIds: z.array(z.unknown()) });

/** Counts the zones of the subnets in a subnet group. */
const countZones = ({ Resources }: StackTemplate, group: unknown): number => {
  const { data } = subnets.safeParse(Resources[referenceOf(group) ?? '']?.Properties);
  const zones = data?.SubnetIds.map((id) => Resources[referenceOf(id) ?? '']?.Properties['AvailabilityZone']);
  return new Set(zones).size;
};
