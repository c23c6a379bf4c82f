import { paginateGetResources } from '@aws-sdk/client-resource-groups-tagging-api';
import { connectTo, edgeRegion, type Account } from './account.ts';
import { pause, type Work } from './command.ts';
import { looksWithin } from './wait-until.ts';

/** Something that has an environment's tag: what is paid for, what is free, and what is kept on purpose. */
export type Leftover = { readonly arn: string; readonly kind: 'billable' | 'free' | 'kept' };

/**
 * An ARN's service and the kind of its resource: `rds:snapshot`. They stand in it in three ways ("Amazon Resource Names").
 * @internal
 */
export const typeOf = (arn: string): string => {
  const [, , service = '', , , resource = '', rest] = arn.split(':');
  // arn:aws:s3:::name has no kind.
  if (service === 's3' || service === 'sns') return service;
  const [kind = ''] = resource.split('/');
  return rest === undefined && !resource.includes('/') ? service : `${service}:${kind}`;
};

// Kinds that cost nothing while nothing uses them. All others are taken to be paid for.
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

// The topic's key: with its stack gone KMS has it until it deletes it 30 days later, and takes nothing for it meanwhile ("Deleting AWS KMS keys").
const waning = new Set(['kms:key']);
// By it GitHub deploys the account's other environments too, and the account has one.
const shared = new Set(['iam:oidc-provider']);
const snapshots = new Set(['elasticache:snapshot', 'rds:auto-backup', 'rds:snapshot']);

/**
 * What is left, each with whether it is paid for. Last snapshots are kept on purpose where the environment is protected, and nowhere else; what AWS
 * removes by itself is kept until then, and what other environments use stays.
 * @internal
 */
export const judgeLeftovers = (arns: readonly string[], isProtected: boolean): Leftover[] =>
  arns.toSorted().map((arn) => {
    const type = typeOf(arn);
    if (waning.has(type) || shared.has(type) || (snapshots.has(type) && isProtected)) return { arn, kind: 'kept' };
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

/** For so long what has just been removed may still be listed: tags are listed by another service than the one that removed. */
const lagMin = 5;

/**
 * Lists what there is with the tags of an environment, in its region and in us-east-1, where CloudFront's is. Asks again for some minutes while
 * something that is paid for is listed.
 */
export const findLeftovers = async (
  work: Work,
  { name, region, isProtected }: { readonly name: string; readonly region: string; readonly isProtected: boolean },
): Promise<Leftover[]> => {
  const accounts = [...new Set([region, edgeRegion])].map((each) => connectTo(each));
  for (let looks = looksWithin(lagMin); ; looks -= 1) {
    const arns = await Promise.all(accounts.map((account) => list(account, name)));
    const found = judgeLeftovers([...new Set(arns.flat())], isProtected);
    const billable = found.filter(({ kind }) => kind === 'billable');
    if (billable.length === 0 || looks <= 0) return found;
    work.progress.status(`${billable.length} things are still listed, ${billable[0]?.arn} among them; asking again`);
    await pause(work);
  }
};

/** What is left, as it is shown. */
export const sayLeftovers = (leftovers: readonly Leftover[]): string[] =>
  (['billable', 'kept', 'free'] as const).flatMap((kind) =>
    leftovers.filter((each) => each.kind === kind).map(({ arn }) => `${kind.padEnd(8)}  ${arn}`),
  );
