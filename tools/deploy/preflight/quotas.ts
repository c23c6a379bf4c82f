import { DescribeAddressesCommand, DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import { GetServiceQuotaCommand } from '@aws-sdk/client-service-quotas';
import type { Environment } from '@sluice/infra/environment.ts';
import type { Account } from '../aws/account.ts';
import { explain, type Issue } from '../cli/explain.ts';

/** A limit of an account, with the amount that an environment needs. */
export type Quota = { readonly name: string; readonly service: string; readonly code: string; readonly needed: number };

/** The limit of a quota and its used part. The limit is undefined if AWS does not return it. */
export type QuotaState = Quota & { readonly limit: number | undefined; readonly used: number; readonly why?: string };

const vcpusOf = ({ cpu, max }: Environment['producer']): number => (cpu / 1_024) * max;

/**
 * Returns the quotas of a whole environment at its maximum number of tasks. Twice as many tasks run
 * while a release replaces another. Addresses and networks are needed once, so they count only if
 * the environment does not exist yet.
 */
export const quotasOf = ({ network, producer, consumer }: Environment, isThere: boolean): Quota[] => {
  const tasks = [producer, consumer];
  const vcpus = (isSpot: boolean) =>
    2 * tasks.filter((each) => each.isSpot === isSpot).reduce((sum, each) => sum + vcpusOf(each), 0);
  const quotas: Quota[] = [
    { name: 'VPCs per Region', service: 'vpc', code: 'L-F678F1CE', needed: isThere ? 0 : 1 },
    { name: 'EC2-VPC Elastic IPs', service: 'ec2', code: 'L-0263D0A3', needed: isThere ? 0 : network.natGateways },
    { name: 'Fargate On-Demand vCPU resource count', service: 'fargate', code: 'L-3032A538', needed: vcpus(false) },
    { name: 'Fargate Spot vCPU resource count', service: 'fargate', code: 'L-36FBB829', needed: vcpus(true) },
  ];
  return quotas.filter(({ needed }) => needed > 0);
};

/** Fetches the limits, and the used networks and addresses. Other Fargate tasks are not counted. */
export const fetchQuotas = async ({ quotas, ec2 }: Account, wanted: readonly Quota[]): Promise<QuotaState[]> =>
  Promise.all(
    wanted.map(async (quota) => {
      try {
        const [{ Quota: found }, used] = await Promise.all([
          quotas.send(new GetServiceQuotaCommand({ ServiceCode: quota.service, QuotaCode: quota.code })),
          countUsed(ec2, quota),
        ]);
        return { ...quota, limit: found?.Value, used };
      } catch (error) {
        // The check is only an early warning. CloudFormation reports the limit otherwise.
        return { ...quota, limit: undefined, used: 0, why: explain(error).what };
      }
    }),
  );

const countUsed = async (ec2: Account['ec2'], { service }: Quota): Promise<number> => {
  if (service === 'vpc') return (await ec2.send(new DescribeVpcsCommand({}))).Vpcs?.length ?? 0;
  if (service === 'ec2') return (await ec2.send(new DescribeAddressesCommand({}))).Addresses?.length ?? 0;
  return 0;
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
