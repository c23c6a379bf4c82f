import { ListVpcOriginsCommand } from '@aws-sdk/client-cloudfront';
import { DescribeAddressesCommand, DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import { GetAWSDefaultServiceQuotaCommand, GetServiceQuotaCommand } from '@aws-sdk/client-service-quotas';
import type { Environment } from '@sluice/infra/schema/environment.ts';
import type { Account } from '../aws/account.ts';
import { explain, nameOf, type Issue } from '../cli/explain.ts';

/** A limit of an account, with the amount that an environment needs. */
export type Quota = { readonly name: string; readonly service: string; readonly code: string; readonly needed: number };

/** The limit of a quota and its used part. The limit is undefined if AWS does not return it. */
export type QuotaState = Quota & { readonly limit: number | undefined; readonly used: number; readonly why?: string };

const networks = 'L-F678F1CE';
const addresses = 'L-0263D0A3';

/**
 * The rules that CloudFront's prefix list counts as in a security group ("AWS-managed prefix list
 * weight" of the VPC guide). The group of the load balancer names it.
 */
const cloudFrontListWeight = 55;

// A t4g.micro has two. The next one runs before the last one goes.
const vcpusOfNatInstance = 2 * 2;

const vcpusOf = ({ cpu, max }: Environment['producer']): number => (cpu / 1_024) * max;

/**
 * Returns the quotas of a whole environment at its maximum number of tasks. Twice as many tasks run
 * while a release replaces another. A new account may run 6 vCPUs ("Fargate service quotas" of the
 * ECS guide), or fewer. Addresses and networks are needed once, so they count only if the
 * environment does not exist yet.
 */
export const quotasOf = ({ network, producer, consumer }: Environment, isThere: boolean): Quota[] => {
  const tasks = [producer, consumer];
  const vcpus = (isSpot: boolean) =>
    2 * tasks.filter((each) => each.isSpot === isSpot).reduce((sum, each) => sum + vcpusOf(each), 0);
  // A NAT instance has an address of AWS's pool.
  const natAddresses = network.nat === 'gateway' ? network.natGateways : 0;
  const natVcpus = network.nat === 'instance' ? network.natGateways * vcpusOfNatInstance : 0;
  const quotas: Quota[] = [
    { name: 'VPCs per Region', service: 'vpc', code: networks, needed: isThere ? 0 : 1 },
    { name: 'EC2-VPC Elastic IPs', service: 'ec2', code: addresses, needed: isThere ? 0 : natAddresses },
    {
      name: 'Inbound or outbound rules per security group',
      service: 'vpc',
      code: 'L-0EA8095F',
      needed: cloudFrontListWeight,
    },
    {
      name: 'Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances',
      service: 'ec2',
      code: 'L-1216C47A',
      needed: natVcpus,
    },
    { name: 'Fargate On-Demand vCPU resource count', service: 'fargate', code: 'L-3032A538', needed: vcpus(false) },
    { name: 'Fargate Spot vCPU resource count', service: 'fargate', code: 'L-36FBB829', needed: vcpus(true) },
  ];
  return quotas.filter(({ needed }) => needed > 0);
};

/**
 * Fetches the limits, and the used networks and addresses. Rules belong to one group, and other tasks
 * and instances are not counted.
 */
export const fetchQuotas = async (account: Account, wanted: readonly Quota[]): Promise<QuotaState[]> =>
  Promise.all(
    wanted.map(async (quota) => {
      try {
        const [limit, used] = await Promise.all([fetchLimit(account, quota), countUsed(account, quota)]);
        return { ...quota, limit, used };
      } catch (error) {
        // The check is only an early warning. CloudFormation reports the limit otherwise.
        return { ...quota, limit: undefined, used: 0, why: explain(error).what };
      }
    }),
  );

/** Fetches the limit of the account. Service Quotas has none for some quotas that nobody raised. */
const fetchLimit = async ({ quotas }: Account, { service, code }: Quota): Promise<number | undefined> => {
  const asked = { ServiceCode: service, QuotaCode: code };
  try {
    return (await quotas.send(new GetServiceQuotaCommand(asked))).Quota?.Value;
  } catch (error) {
    if (nameOf(error) !== 'NoSuchResourceException') throw error;
    return (await quotas.send(new GetAWSDefaultServiceQuotaCommand(asked))).Quota?.Value;
  }
};

const countUsed = async ({ ec2 }: Account, { code }: Quota): Promise<number> => {
  if (code === networks) return (await ec2.send(new DescribeVpcsCommand({}))).Vpcs?.length ?? 0;
  if (code === addresses) return (await ec2.send(new DescribeAddressesCommand({}))).Addresses?.length ?? 0;
  return 0;
};

/**
 * The VPC origins that an account may have unless AWS Support raised the quota, which Service Quotas
 * does not know ("Quotas" of the CloudFront guide).
 */
const usualOrigins = 25;

/** Counts the VPC origins of an account. Returns the reason if they could not be listed. */
export const countOrigins = async ({ cloudFront }: Account): Promise<number | string> => {
  try {
    // A page has up to 100, which is more than the quota.
    const { VpcOriginList } = await cloudFront.send(new ListVpcOriginsCommand({}));
    return VpcOriginList?.Items?.length ?? 0;
  } catch (error) {
    return explain(error).what;
  }
};

/**
 * Warns if the account may not have another VPC origin. It is no problem, because the account's own
 * limit is unknown.
 */
export const noteOrigins = (count: number | string): string[] => {
  if (typeof count === 'string') return [`The VPC origins of the account could not be counted: ${count}`];
  if (count < usualOrigins) return [];
  return [
    `The account has ${count} VPC origins of CloudFront, and ${usualOrigins} are allowed unless AWS Support raised it: https://console.aws.amazon.com/support/home`,
  ];
};

/** Finds limits that are too low for the environment. */
export const checkQuotas = (states: readonly QuotaState[], region: string): Issue[] =>
  states
    .filter(({ limit, used, needed }) => limit !== undefined && limit - used < needed)
    .map(({ name, service, code, needed, limit = 0, used }) => ({
      what: `The quota "${name}" is too low: ${needed} needed, ${Math.max(limit - used, 0)} of ${limit} available`,
      where: region,
      fix: `aws service-quotas request-service-quota-increase --region ${region} --service-code ${service} --quota-code ${code} --desired-value ${used + needed}`,
    }));

/** Lists limits that could not be read. They do not stop the command. */
export const noteQuotas = (states: readonly QuotaState[]): string[] =>
  states
    .filter(({ limit }) => limit === undefined)
    .map(({ name, why }) => `The quota "${name}" could not be read: ${why ?? 'AWS returned no value'}`);
