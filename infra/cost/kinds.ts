import * as z from 'zod';
import type { Resource, StackTemplate } from '../policy/template.ts';
import { item, type Item } from './item.ts';
import { hoursOfMonth, type PriceName } from './prices.ts';
import { taskItems } from './tasks.ts';
import {
  accessLogGbOfMillion,
  bucketGb,
  cacheUnitsOfEntry,
  databaseGbOfMillion,
  databaseMonitoringGb,
  idleAwsGb,
  idleFlowGb,
  imageGb,
  insightsMetrics,
  minCacheGb,
} from './usage.ts';

type ToItems = (resource: Resource, id: string, template: StackTemplate) => readonly Item[];

/** The error for a resource without a price. The message names the resource. */
export class UnpricedError extends Error {
  readonly code = 'UNPRICED';
}

const lengthOf = (value: unknown): number => (Array.isArray(value) ? value.length : 0);
const countOf = ({ Resources }: StackTemplate, type: string): number =>
  Object.values(Resources).filter(({ Type }) => Type === type).length;

const databaseHours: Readonly<Record<string, PriceName>> = {
  'db.t4g.micro': 'databaseMicroHour',
  'db.t4g.small': 'databaseSmallHour',
  'db.m7g.large': 'databaseM7gLargeHour',
};
const nodeHours: Readonly<Record<string, PriceName>> = { 'cache.m7g.large': 'cacheM7gLargeHour' };
const syncHours: Readonly<Record<string, PriceName>> = { 'cache.m7g.large': 'cacheM7gLargeSyncHour' };
const machineHours: Readonly<Record<string, PriceName>> = { 't4g.micro': 'machineT4gMicroHour' };

/** Returns the price of an hour of a machine. Throws if the machine is not known by its name. */
const hourOf = (known: Readonly<Record<string, PriceName>>, machine: unknown): PriceName => {
  const price = known[String(machine)];
  if (price === undefined) throw new UnpricedError(`${String(machine)} has no price`);
  return price;
};

const databaseItems: ToItems = ({ Properties }) => {
  const { DBInstanceClass, MultiAZ, AllocatedStorage, ManageMasterUserPassword, MonitoringInterval } = Properties;
  const copies = MultiAZ === true ? 2 : 1;
  const gigabytes = Number(AllocatedStorage);
  return [
    item(
      'MySQL',
      `${String(DBInstanceClass)} × ${copies}`,
      hourOf(databaseHours, DBInstanceClass),
      copies * hoursOfMonth,
    ),
    item('MySQL', 'storage, gp3', 'databaseStorage', copies * gigabytes, () => copies * databaseGbOfMillion),
    ...(MonitoringInterval === 60 ? [item('monitoring', 'enhanced monitoring', 'logGb', databaseMonitoringGb)] : []),
    ...(ManageMasterUserPassword === true
      ? [item('secrets and keys', 'secret of the administrator', 'secret', 1)]
      : []),
  ];
};

const nodeItems: ToItems = ({ Properties }) => {
  const { NumNodeGroups, ReplicasPerNodeGroup, CacheNodeType, Durability } = Properties;
  const nodes = Number(NumNodeGroups) * (1 + Number(ReplicasPerNodeGroup));
  const hours = nodes * hoursOfMonth;
  return [
    item('Valkey', `${String(CacheNodeType)} × ${nodes}`, hourOf(nodeHours, CacheNodeType), hours),
    // `async` costs nothing (AWS's news of 2026-10-27).
    ...(Durability === 'sync'
      ? [item('Valkey', `durability sync × ${nodes}`, hourOf(syncHours, CacheNodeType), hours)]
      : []),
  ];
};

const machine = z.object({
  InstanceType: z.string(),
  BlockDeviceMappings: z.array(z.object({ Ebs: z.object({ VolumeType: z.literal('gp3'), VolumeSize: z.number() }) })),
  NetworkInterfaces: z.array(z.object({ AssociatePublicIpAddress: z.boolean() })),
});

/** The items of a machine: its hours, its volumes and its public addresses. */
const machineItems: ToItems = ({ Properties }) => {
  const { InstanceType, BlockDeviceMappings, NetworkInterfaces } = machine.parse(Properties);
  const gigabytes = BlockDeviceMappings.reduce((sum, { Ebs }) => sum + Ebs.VolumeSize, 0);
  const addresses = NetworkInterfaces.filter(({ AssociatePublicIpAddress }) => AssociatePublicIpAddress).length;
  return [
    item('network', `NAT instance, ${InstanceType}`, hourOf(machineHours, InstanceType), hoursOfMonth),
    item('network', 'storage of the NAT instance, gp3', 'machineStorage', gigabytes),
    item('network', 'public address', 'publicAddressHour', addresses * hoursOfMonth),
  ];
};

/** The items of a network: tasks, Valkey and MySQL are in any of its zones. */
const networkItems: ToItems = (_vpc, _id, { Resources }) => {
  const zones = new Set(Object.values(Resources).flatMap(({ Properties }) => Properties['AvailabilityZone'] ?? []))
    .size;
  return [
    item('network', 'traffic between zones', 'zoneGb', 0, ({ internalGb }) =>
      zones === 0 ? 0 : internalGb * (1 - 1 / zones),
    ),
  ];
};

const endpointItems: ToItems = ({ Properties }) => {
  const { VpcEndpointType, SubnetIds } = Properties;
  if (VpcEndpointType !== 'Interface') return [];
  const zones = lengthOf(SubnetIds);
  return [
    item('network', `endpoint in ${zones} zones`, 'endpointHour', zones * hoursOfMonth),
    item('network', 'endpoint, traffic', 'endpointGb', idleAwsGb),
  ];
};

const alarmItems: ToItems = ({ Properties }) => {
  const metrics: unknown = Properties['Metrics'];
  const measured = Array.isArray(metrics)
    ? metrics.filter((metric: unknown) => JSON.stringify(metric).includes('"MetricStat"')).length
    : 1;
  return [item('monitoring', 'alarm', 'alarmMetric', measured)];
};

/**
 * Managed rule groups that cost the same as any other rule. Others have their own fee, by month and
 * by request.
 */
const groupsWithoutFee = new Set([
  'AWSManagedRulesAmazonIpReputationList',
  'AWSManagedRulesCommonRuleSet',
  'AWSManagedRulesKnownBadInputsRuleSet',
]);

const firewallItems: ToItems = ({ Properties }) => {
  const managed = JSON.stringify(Properties['Rules']).matchAll(/"Name":"(AWSManagedRules\w+)"/g);
  const unknown = [...managed].flatMap(([, name = '']) => (groupsWithoutFee.has(name) ? [] : name));
  if (unknown.length > 0) throw new UnpricedError(`${[...new Set(unknown)].join(', ')} has no price`);
  return [
    item('ingress', 'firewall', 'firewall', 1),
    // A managed group counts as one rule.
    item('ingress', 'firewall, rules', 'firewallRule', lengthOf(Properties['Rules'])),
    item('ingress', 'firewall, requests', 'firewallRequests', 0, ({ requests }) => requests),
  ];
};

/** The priced items of each kind of resource. */
export const kinds: Readonly<Record<string, ToItems>> = {
  'AWS::ApplicationAutoScaling::ScalingPolicy': ({ Properties }) =>
    // AWS creates two alarms for each policy that tracks a metric. Other policies have alarms in
    // the template.
    Properties['PolicyType'] === 'TargetTrackingScaling'
      ? [item('monitoring', 'two alarms of scaling', 'alarmMetric', 2)]
      : [],
  'AWS::CloudFront::Distribution': () => [
    item('ingress', 'CloudFront, requests', 'distributionRequests', 0, ({ requests }) => requests),
    item('ingress', 'CloudFront, functions', 'distributionFunctions', 0, ({ requests }) => requests),
    item('ingress', 'CloudFront, traffic', 'distributionGb', 0, ({ gigabytes }) => gigabytes),
  ],
  'AWS::CloudWatch::Alarm': alarmItems,
  'AWS::CloudWatch::Dashboard': () => [item('monitoring', 'dashboard', 'dashboard', 1)],
  'AWS::EC2::EIP': () => [item('network', 'public address', 'publicAddressHour', hoursOfMonth)],
  'AWS::EC2::FlowLog': () => [item('monitoring', 'flow logs', 'logGb', idleFlowGb)],
  'AWS::EC2::Instance': machineItems,
  'AWS::EC2::NatGateway': () => [
    item('network', 'NAT gateway', 'natHour', hoursOfMonth),
    item('network', 'NAT gateway, traffic', 'natGb', idleAwsGb),
  ],
  'AWS::EC2::VPC': networkItems,
  'AWS::EC2::VPCEndpoint': endpointItems,
  'AWS::ECR::Repository': () => [item('storage', 'images', 'imageGb', imageGb)],
  'AWS::ECS::Cluster': ({ Properties }, _id, template) =>
    JSON.stringify(Properties['ClusterSettings'] ?? '').includes('"enabled"')
      ? [
          item(
            'monitoring',
            'Container Insights, metrics',
            'metric',
            insightsMetrics(countOf(template, 'AWS::ECS::Service')),
          ),
        ]
      : [],
  'AWS::ECS::Service': taskItems,
  'AWS::ElastiCache::ReplicationGroup': nodeItems,
  'AWS::ElastiCache::ServerlessCache': () => [
    item('Valkey', 'minimum storage', 'cacheStorageHour', minCacheGb * hoursOfMonth),
    item('Valkey', 'requests', 'cacheRequests', 0, ({ entries }) => entries * cacheUnitsOfEntry),
  ],
  'AWS::ElasticLoadBalancingV2::LoadBalancer': () => [
    item('ingress', 'load balancer', 'loadBalancerHour', hoursOfMonth),
    // One unit is one GB, whatever the number of requests, because connections are reused.
    item('ingress', 'load balancer, traffic', 'loadBalancerUnitHour', 0, ({ gigabytes }) => gigabytes),
    item('storage', 'access logs', 'objectGb', 0, ({ requests }) => requests * accessLogGbOfMillion),
  ],
  'AWS::KMS::Key': () => [item('secrets and keys', 'key', 'key', 1)],
  'AWS::RDS::DBInstance': databaseItems,
  'AWS::S3::Bucket': () => [item('storage', 'objects', 'objectGb', bucketGb)],
  'AWS::SecretsManager::Secret': () => [item('secrets and keys', 'secret', 'secret', 1)],
  'AWS::ServiceDiscovery::PrivateDnsNamespace': () => [item('network', 'private hosted zone', 'zone', 1)],
  'AWS::WAFv2::WebACL': firewallItems,
};
