import { findHeavyGroups } from '@sluice/infra/policy/group-weights.ts';
import * as z from 'zod';
import type { Operation, Resources } from './operations.ts';

// The changes that AWS refuses because of other resources, and moto allows.

/** A resource of the account as it is, with the references in its properties resolved. */
export type Live = {
  readonly stack: string;
  readonly id: string;
  readonly type: string;
  readonly physicalId: string;
  readonly properties: Readonly<Record<string, unknown>>;
  /** The resource in its template. */
  readonly given: Resources[string];
};

type Asked = {
  readonly action: Operation['action'];
  /** The resource as it will be, or as it is if it is deleted. */
  readonly target: Live;
  /** All resources of the account. */
  readonly live: readonly Live[];
};

const uses = ({ properties }: Live, { physicalId }: Live): boolean => JSON.stringify(properties).includes(physicalId);

/** Returns the resources of some types that use a resource. */
const usersOf = ({ target, live }: Asked, ...types: readonly string[]): readonly Live[] =>
  live.filter((each) => types.includes(each.type) && uses(each, target));

const distribution = 'AWS::CloudFront::Distribution';
const listener = 'AWS::ElasticLoadBalancingV2::Listener';

const originSchema = z.looseObject({
  VpcOriginEndpointConfig: z.object({ Arn: z.string(), Name: z.string(), OriginProtocolPolicy: z.string() }),
});
const listenerSchema = z.looseObject({ LoadBalancerArn: z.string(), Port: z.number(), Protocol: z.string() });

const nameOf = ({ properties }: Live): string => originSchema.parse(properties).VpcOriginEndpointConfig.Name;

/** API reference of CloudFront: CreateVpcOrigin, UpdateVpcOrigin, DeleteVpcOrigin. */
const refuseOrigin = (asked: Asked): string | undefined => {
  const { action, target, live } = asked;
  if (action !== 'CREATE') {
    const code = action === 'UPDATE' ? 'CannotUpdateEntityWhileInUse' : 'CannotDeleteEntityWhileInUse';
    return usersOf(asked, distribution).length === 0
      ? undefined
      : `The specified VPC origin is currently associated with one or more distributions (Service: CloudFront, Status Code: 409, Error Code: ${code})`;
  }
  return live.some((each) => each.type === target.type && nameOf(each) === nameOf(target))
    ? `A VPC origin with the name ${nameOf(target)} exists (Service: CloudFront, Status Code: 409, Error Code: EntityAlreadyExists)`
    : undefined;
};

/** API reference of Elastic Load Balancing: CreateListener, ModifyListener. */
const refuseListener = ({ action, target, live }: Asked): string | undefined => {
  if (action === 'DELETE') return undefined;
  const { LoadBalancerArn, Port } = listenerSchema.parse(target.properties);
  const isTaken = live.some((each) => {
    if (each.type !== listener || each.physicalId === target.physicalId) return false;
    const other = listenerSchema.parse(each.properties);
    return other.LoadBalancerArn === LoadBalancerArn && other.Port === Port;
  });
  return isTaken ? 'A listener already exists on this port (Error Code: DuplicateListener)' : undefined;
};

/** API references of ACM (DeleteCertificate) and WAF (DeleteWebACL). */
const refuseWhileUsed =
  (code: string) =>
  (asked: Asked): string | undefined => {
    const [user] = asked.action === 'DELETE' ? usersOf(asked, distribution, listener) : [];
    return user === undefined
      ? undefined
      : `${asked.target.physicalId} is in use by ${user.physicalId} (Error Code: ${code})`;
  };

/** Adds the rules of an update to those of the group. AWS removes the old ones afterwards. */
const refuseRules = ({ action, target, live }: Asked): string | undefined => {
  if (action === 'DELETE') return undefined;
  const own = live.filter(({ stack }) => stack === target.stack);
  const templateOf = (resources: readonly Live[]) => ({
    stack: target.stack,
    Outputs: {},
    Resources: Object.fromEntries(resources.map(({ id, given }) => [id, given])),
  });
  const [heavy] = findHeavyGroups(templateOf([...own, target]), templateOf(own));
  return heavy === undefined
    ? undefined
    : `The maximum number of rules per security group has been reached: ${heavy.where} (Error Code: RulesPerSecurityGroupLimitExceeded)`;
};

const refusals: Readonly<Record<string, (asked: Asked) => string | undefined>> = {
  'AWS::CertificateManager::Certificate': refuseWhileUsed('ResourceInUseException'),
  'AWS::CloudFront::VpcOrigin': refuseOrigin,
  'AWS::EC2::SecurityGroup': refuseRules,
  'AWS::EC2::SecurityGroupEgress': refuseRules,
  'AWS::EC2::SecurityGroupIngress': refuseRules,
  'AWS::WAFv2::WebACL': refuseWhileUsed('WAFAssociatedItemException'),
  [listener]: refuseListener,
};

/** Returns the reason for which AWS refuses an operation. */
export const refusalOf = (asked: Asked): string | undefined => refusals[asked.target.type]?.(asked);

const distributionSchema = z.looseObject({
  DistributionConfig: z.looseObject({
    Origins: z.array(z.looseObject({ VpcOriginConfig: z.looseObject({ VpcOriginId: z.string() }).optional() })),
    ViewerCertificate: z.looseObject({ AcmCertificateArn: z.string() }).optional(),
  }),
});

/**
 * Finds what a distribution uses and is not there: its VPC origin, the listener that the origin
 * connects to, its certificate.
 */
export const findBroken = (live: readonly Live[]): string[] =>
  live
    .filter(({ type }) => type === distribution)
    .map(({ properties }) => distributionSchema.parse(properties).DistributionConfig)
    .flatMap(({ Origins, ViewerCertificate }) =>
      Origins.flatMap(({ VpcOriginConfig }) =>
        VpcOriginConfig === undefined ? [] : findBrokenOrigin(VpcOriginConfig.VpcOriginId, live),
      ).concat(findBrokenCertificate(ViewerCertificate?.AcmCertificateArn, live)),
    );

const findBrokenCertificate = (id: string | undefined, live: readonly Live[]): string[] =>
  id === undefined || live.some(({ physicalId }) => physicalId === id) ? [] : [`The certificate ${id} is gone`];

const findBrokenOrigin = (id: string, live: readonly Live[]): string[] => {
  const origin = live.find(({ physicalId }) => physicalId === id);
  if (origin === undefined) return [`The VPC origin ${id} is gone`];
  const { Arn, OriginProtocolPolicy } = originSchema.parse(origin.properties).VpcOriginEndpointConfig;
  const [Port, Protocol] = OriginProtocolPolicy === 'https-only' ? [443, 'HTTPS'] : [80, 'HTTP'];
  const listens = live
    .filter(({ type }) => type === listener)
    .map(({ properties }) => listenerSchema.parse(properties))
    .some((each) => each.LoadBalancerArn === Arn && each.Port === Port && each.Protocol === Protocol);
  return listens ? [] : [`Nothing listens on port ${Port} of ${Arn} for the VPC origin ${id}`];
};
