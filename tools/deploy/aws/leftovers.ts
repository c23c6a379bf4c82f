import { paginateGetResources } from '@aws-sdk/client-resource-groups-tagging-api';
import { connectTo, edgeRegion, type Account } from './account.ts';
import { pause, type Work } from '../cli/command.ts';
import { pollsWithin } from '../cli/wait-until.ts';

/** A resource with an environment's tag: billable, free, or retained on purpose. */
export type Leftover = { readonly arn: string; readonly kind: 'billable' | 'free' | 'retained' };

/**
 * Returns an ARN's service and the type of its resource: `rds:snapshot`. ARNs have three formats
 * ("Amazon Resource Names").
 * @internal
 */
export const typeOf = (arn: string): string => {
  const [, , service = '', , , resource = '', rest] = arn.split(':');
  // arn:aws:s3:::name has no type.
  if (service === 's3' || service === 'sns') return service;
  const [kind = ''] = resource.split('/');
  return rest === undefined && !resource.includes('/') ? service : `${service}:${kind}`;
};

// Types that cost nothing while unused. All others count as billable.
const free = new Set([
  'cloudformation:stack',
  'ec2:internet-gateway',
  'ec2:network-interface',
  'ec2:prefix-list',
  'ec2:route-table',
  'ec2:security-group',
  'ec2:security-group-rule',
  'ec2:subnet',
  'ec2:vpc',
  'ecs:cluster',
  'ecs:task-definition',
  'elasticache:parametergroup',
  'elasticache:subnetgroup',
  'elasticache:user',
  'elasticache:usergroup',
  'iam:role',
  'lambda:function',
  'rds:pg',
  'rds:subgrp',
  'sns',
]);

// The topic's key. Without its stack, KMS deletes it 30 days later, and charges nothing until then
// ("Deleting AWS KMS keys"). A terminated machine costs nothing, and stays listed for an hour
// ("Terminate Amazon EC2 instances").
const waning = new Set(['ec2:instance', 'kms:key']);
// GitHub also deploys the account's other environments with it, and an account has only one.
const shared = new Set(['iam:oidc-provider']);
const snapshots = new Set(['elasticache:snapshot', 'rds:auto-backup', 'rds:snapshot']);

/**
 * Classifies the remaining resources. Final snapshots are kept on purpose only in a protected
 * environment. Resources that AWS removes by itself are kept until then, and those that other
 * environments use stay.
 * @internal
 */
export const checkLeftovers = (arns: readonly string[], isProtected: boolean): Leftover[] =>
  arns.toSorted().map((arn) => {
    const type = typeOf(arn);
    if (waning.has(type) || shared.has(type) || (snapshots.has(type) && isProtected)) return { arn, kind: 'retained' };
    return { arn, kind: free.has(type) ? 'free' : 'billable' };
  });

const list = async ({ tags }: Account, environment: string): Promise<string[]> => {
  const TagFilters = [
    { Key: 'application', Values: ['sluice'] },
    { Key: 'environment', Values: [environment] },
  ];
  const arns: string[] = [];
  for await (const { ResourceTagMappingList = [] } of paginateGetResources({ client: tags }, { TagFilters })) {
    arns.push(...ResourceTagMappingList.flatMap(({ ResourceARN }) => (ResourceARN === undefined ? [] : [ResourceARN])));
  }
  return arns;
};

/**
 * Minutes for which removed resources may still be listed. The service that lists tags lags behind
 * the services that remove resources.
 */
const lagMin = 5;

/**
 * Lists the resources with the tags of an environment, in its region and in us-east-1, which has
 * CloudFront's resources. Polls for some minutes while a billable resource is listed.
 */
export const findLeftovers = async (
  work: Work,
  { name, region, isProtected }: { readonly name: string; readonly region: string; readonly isProtected: boolean },
): Promise<Leftover[]> => {
  const accounts = [...new Set([region, edgeRegion])].map((each) => connectTo(each));
  for (let looks = pollsWithin(lagMin); ; looks -= 1) {
    const arns = await Promise.all(accounts.map((account) => list(account, name)));
    const found = checkLeftovers([...new Set(arns.flat())], isProtected);
    const billable = found.filter(({ kind }) => kind === 'billable');
    if (billable.length === 0 || looks <= 0) return found;
    work.progress.status(
      `${billable.length} billable resources are still listed, such as ${billable[0]?.arn}; retrying`,
    );
    await pause(work);
  }
};

/** Formats the remaining resources. */
export const formatLeftovers = (leftovers: readonly Leftover[]): string[] =>
  (['billable', 'retained', 'free'] as const).flatMap((kind) =>
    leftovers.filter((each) => each.kind === kind).map(({ arn }) => `${kind.padEnd(8)}  ${arn}`),
  );
