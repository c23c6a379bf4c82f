import {
  DeleteNetworkInterfaceCommand,
  DeleteSecurityGroupCommand,
  DescribeSecurityGroupsCommand,
  paginateDescribeNetworkInterfaces,
  type NetworkInterface,
} from '@aws-sdk/client-ec2';
import type { Account } from './account.ts';
import type { Work } from './command.ts';
import { nameOf } from './explain.ts';
import { waitUntil } from './wait-until.ts';

/** What AWS makes in a network by itself, and takes away by itself some time after what needed it is gone. */
export type Maker = 'CloudFront' | 'Lambda';

// "Restrict access with VPC origins" of the CloudFront guide.
const originGroup = 'CloudFront-VPCOrigins-Service-SG';
/** CloudFront's service role may touch what has this tag alone (AWSCloudFrontVPCOriginServiceRolePolicy). */
const originTag = 'aws.cloudfront.vpcorigin';

/**
 * Which service made a network interface; undefined where it is somebody's own.
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

/** Removes an interface that nothing uses. Whether it is gone, or used after all, is seen when they are listed again. */
const remove = async ({ ec2 }: Account, { id }: Found): Promise<void> => {
  try {
    await ec2.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId: id }));
  } catch (error) {
    if (!['InvalidNetworkInterfaceID.NotFound', 'InvalidParameterValue'].includes(nameOf(error))) throw error;
  }
};

/** Lambda takes its interfaces away within 20 to 40 minutes. */
const longestMin = 60;

/** Waits until the network has no more interfaces of these makers, and removes those that Lambda has left and does not use any more. */
export const waitForInterfaces = async (
  work: Work,
  account: Account,
  vpc: string,
  makers: readonly Maker[],
): Promise<void> => {
  const waiting = {
    what: `Network interfaces that ${makers.join(' and ')} takes away`,
    where: vpc,
    mend: 'run the same command again later: it goes on from here; after hours, ask AWS’s support',
    longestMin,
  };
  await waitUntil(work, waiting, async () => {
    const left = await find(account, vpc, makers);
    for (const each of left) if (each.maker === 'Lambda' && !each.isUsed) await remove(account, each);
    const names = left.map(({ id, maker }) => `${id} (${maker})`);
    return left.length === 0 ? 'done' : { lacks: `${names.join(', ')} still there` };
  });
};

/** Removes the security group that CloudFront made for VPC origins, where it is left: a network that has it cannot be removed. */
export const removeOriginGroup = async ({ ec2 }: Account, vpc: string): Promise<void> => {
  const filters = [
    { Name: 'vpc-id', Values: [vpc] },
    { Name: 'group-name', Values: [originGroup] },
  ];
  const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({ Filters: filters }));
  for (const { GroupId } of SecurityGroups) await ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
};
