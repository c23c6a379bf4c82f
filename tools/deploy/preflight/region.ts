import { DescribeManagedPrefixListsCommand, DescribeRegionsCommand } from '@aws-sdk/client-ec2';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import type { Account } from '../aws/account.ts';
import { nameOf, type Issue } from '../cli/explain.ts';

/**
 * The parameter with the version of the bootstrap stack ("Bootstrap your environment" of the CDK
 * guide).
 */
const bootstrapParameter = '/cdk-bootstrap/hnb659fds/version';

/** Fetches the version of the bootstrap stack in a region. Undefined if there is none. */
export const fetchBootstrap = async ({ ssm }: Account): Promise<number | undefined> => {
  try {
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: bootstrapParameter }));
    return Number(Parameter?.Value);
  } catch (error) {
    if (nameOf(error) === 'ParameterNotFound') return undefined;
    throw error;
  }
};

/** A region that needs the bootstrap stack, and the version that it has. */
export type Bootstrap = { readonly region: string; readonly needed: number; readonly found: number | undefined };

/** Finds regions whose bootstrap stack is missing or too old. */
export const checkBootstrap = (
  bootstraps: readonly Bootstrap[],
  account: string,
  profile: string | undefined,
): Issue[] =>
  bootstraps
    .filter(({ needed, found }) => found === undefined || !(found >= needed))
    .map(({ region, needed, found }) => ({
      what:
        found === undefined
          ? 'The bootstrap stack of CDK is missing, with the bucket for templates and the roles of a deployment'
          : `The bootstrap stack of CDK has version ${found}, but ${needed} is required`,
      where: `${account} in ${region}`,
      fix: bootstrapCommand(account, region, profile),
    }));

/** Returns the command that bootstraps a region. */
const bootstrapCommand = (account: string, region: string, profile: string | undefined): string =>
  `npx --workspace infra cdk bootstrap aws://${account}/${region}${profile === undefined ? '' : ` --profile ${profile}`}`;

/**
 * Fetches the status of a region in the account: `opted-in`, `opt-in-not-required`, `not-opted-in`.
 */
export const fetchRegion = async ({ ec2, region }: Account): Promise<string | undefined> => {
  const answer = await ec2.send(new DescribeRegionsCommand({ AllRegions: true, RegionNames: [region] }));
  return answer.Regions?.[0]?.OptInStatus;
};

/** Finds a region that is not enabled for the account. */
export const checkRegion = (
  { name, region }: { readonly name: string; readonly region: string },
  optIn: string | undefined,
): Issue[] => {
  if (optIn !== 'not-opted-in') return [];
  const fix = `aws account enable-region --region-name ${region}`;
  return [{ what: `${region} is not enabled for the account`, where: `infra/environments/${name}.ts`, fix }];
};

/** Fetches the ids of prefix lists that AWS manages, by their names. */
export const fetchPrefixLists = async (
  { ec2 }: Account,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> => {
  const filter = { Name: 'prefix-list-name', Values: [...names] };
  const { PrefixLists = [] } = await ec2.send(new DescribeManagedPrefixListsCommand({ Filters: [filter] }));
  return new Map(PrefixLists.map(({ PrefixListName = '', PrefixListId = '' }) => [PrefixListName, PrefixListId]));
};

/**
 * Finds prefix lists whose ids in the code differ from those in the account. Security groups would
 * name lists that do not exist.
 */
export const checkPrefixLists = (
  wanted: Readonly<Record<string, string>>,
  found: ReadonlyMap<string, string>,
  region: string,
): Issue[] =>
  Object.entries(wanted).flatMap(([name, id]) => {
    const own = found.get(name);
    if (own === id) return [];
    const what =
      own === undefined
        ? `The prefix list ${name} does not exist`
        : `The prefix list ${name} has the id ${own}, but infra/schema/regions.ts has ${id}`;
    const fix =
      own === undefined
        ? 'check that the region has CloudFront’s origin-facing list'
        : `put ${own} into infra/schema/regions.ts`;
    return [{ what, where: region, fix }];
  });
