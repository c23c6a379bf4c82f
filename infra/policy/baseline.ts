import { fullDiff, ResourceImpact, type ResourceDifference } from '@aws-cdk/cloudformation-diff';
import type { Finding, Resource, StackTemplate } from './template.ts';

/** Resources that hold data, by stack and id, as they were last accepted. */
export type Baseline = Readonly<Record<string, Readonly<Record<string, Resource>>>>;

/** Types that hold data, and types that data cannot be moved out of. */
const stateful = new Set([
  'AWS::EC2::VPC',
  'AWS::EC2::Subnet',
  'AWS::ECR::Repository',
  'AWS::ElastiCache::ReplicationGroup',
  'AWS::ElastiCache::ServerlessCache',
  'AWS::ElastiCache::SubnetGroup',
  'AWS::Logs::LogGroup',
  'AWS::RDS::DBInstance',
  'AWS::RDS::DBSubnetGroup',
  'AWS::S3::Bucket',
  'AWS::SecretsManager::Secret',
]);

const losses = new Set([
  ResourceImpact.WILL_REPLACE,
  ResourceImpact.MAY_REPLACE,
  ResourceImpact.WILL_DESTROY,
  ResourceImpact.WILL_ORPHAN,
]);

/** Returns the baseline of the given templates. */
export const baselineOf = (templates: readonly StackTemplate[]): Baseline =>
  Object.fromEntries(
    templates
      .map(({ stack, Resources }) => [stack, keepStateful(Resources)] as const)
      .filter(([, resources]) => Object.keys(resources).length > 0),
  );

/**
 * Finds the resources of a baseline that a deployment of the templates would replace or remove,
 * according to CloudFormation's documentation of each property.
 */
export const findLosses = (baseline: Baseline, templates: readonly StackTemplate[]): Finding[] => {
  const next = baselineOf(templates);
  return Object.entries(baseline).flatMap(([stack, before]) => {
    const found: Finding[] = [];
    fullDiff({ Resources: before }, { Resources: next[stack] ?? {} }).resources.forEachDifference((id, change) => {
      if (losses.has(change.changeImpact)) {
        found.push({ where: `${stack} ${id} (${before[id]?.Type})`, what: formatLoss(change) });
      }
    });
    return found;
  });
};

const keepStateful = (resources: Readonly<Record<string, Resource>>): Record<string, Resource> =>
  Object.fromEntries(Object.entries(resources).filter(([, { Type }]) => stateful.has(Type)));

const formatLoss = ({ changeImpact, propertyUpdates }: ResourceDifference): string => {
  const causes = Object.entries(propertyUpdates)
    .filter(([, { changeImpact: impact }]) => impact !== undefined && losses.has(impact))
    .map(
      ([property, { oldValue, newValue }]) => `${property} ${JSON.stringify(oldValue)} → ${JSON.stringify(newValue)}`,
    );
  return [`${changeImpact.toLowerCase().replace('_', ' ')}, and loses its data`, ...causes].join('; ');
};
