import {
  DeleteNetworkInterfaceCommand,
  DeleteSecurityGroupCommand,
  DescribeSecurityGroupsCommand,
  paginateDescribeNetworkInterfaces,
  type NetworkInterface,
} from '@aws-sdk/client-ec2';
import type { Account } from './account.ts';
import type { Work } from '../cli/command.ts';
import { nameOf } from '../cli/explain.ts';
import { waitUntil } from '../cli/wait-until.ts';

/**
 * A service that creates resources in a network, and removes them some time after they are no
 * longer needed.
 */
export type Maker = 'CloudFront' | 'Lambda';

// "Restrict access with VPC origins" of the CloudFront guide.
const originGroup = 'CloudFront-VPCOrigins-Service-SG';
/**
 * CloudFront's service role may only touch resources with this tag
 * (AWSCloudFrontVPCOriginServiceRolePolicy).
 */
const originTag = 'aws.cloudfront.vpcorigin';

/**
 * Returns the service that created a network interface. Undefined if it is another owner's.
 * @internal
 */
export const makerOf = ({
  InterfaceType,
  Description = '',
  TagSet = [],
  Groups = [],
}: NetworkInterface): Maker | undefined => {
  if (InterfaceType === 'lambda' || Description.startsWith('AWS Lambda VPC ENI')) return 'Lambda';
  const isOrigins =
    TagSet.some(({ Key }) => Key === originTag) || Groups.some(({ GroupName }) => GroupName === originGroup);
  return isOrigins ? 'CloudFront' : undefined;
};

type Found = { readonly id: string; readonly maker: Maker; readonly isUsed: boolean };

const find = async ({ ec2 }: Account, vpc: string, makers: readonly Maker[]): Promise<Found[]> => {
  const found: Found[] = [];
  const input = { Filters: [{ Name: 'vpc-id', Values: [vpc] }] };
  for await (const { NetworkInterfaces = [] } of paginateDescribeNetworkInterfaces({ client: ec2 }, input)) {
    for (const each of NetworkInterfaces) {
      const maker = makerOf(each);
      if (maker === undefined || !makers.includes(maker)) continue;
      found.push({ id: each.NetworkInterfaceId ?? '', maker, isUsed: each.Status !== 'available' });
    }
  }
  return found;
};

/** Removes an unused interface. The next listing shows if it is gone, or was in use after all. */
const remove = async ({ ec2 }: Account, { id }: Found): Promise<void> => {
  try {
    await ec2.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId: id }));
  } catch (error) {
    if (!['InvalidNetworkInterfaceID.NotFound', 'InvalidParameterValue'].includes(nameOf(error))) throw error;
  }
};

/** The maximum wait in minutes. Lambda removes its interfaces within 20 to 40 minutes. */
const longestMin = 60;

/**
 * Waits until the network has no more interfaces of these services. Removes interfaces that Lambda
 * has left and no longer uses.
 */
export const waitForInterfaces = async (
  work: Work,
  account: Account,
  vpc: string,
  makers: readonly Maker[],
): Promise<void> => {
  const waiting = {
    what: `Network interfaces of ${makers.join(' and ')}`,
    where: vpc,
    fix: 'run the same command again later: it resumes here; if this takes hours, contact AWS Support',
    longestMin,
  };
  await waitUntil(work, waiting, async () => {
    const left = await find(account, vpc, makers);
    for (const each of left) if (each.maker === 'Lambda' && !each.isUsed) await remove(account, each);
    const names = left.map(({ id, maker }) => `${id} (${maker})`);
    return left.length === 0 ? 'done' : { lacks: `${names.join(', ')} still exist` };
  });
};

/**
 * Removes the security group that CloudFront created for VPC origins, if it is left. A network that
 * contains it cannot be removed.
 */
export const removeOriginGroup = async ({ ec2 }: Account, vpc: string): Promise<void> => {
  const filters = [
    { Name: 'vpc-id', Values: [vpc] },
    { Name: 'group-name', Values: [originGroup] },
  ];
  const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({ Filters: filters }));
  for (const { GroupId } of SecurityGroups) await ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
};
