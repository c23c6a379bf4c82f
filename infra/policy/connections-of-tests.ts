import * as z from 'zod';
import { referenceOf, type StackTemplate } from './template.ts';

/**
 * A connection that security groups allow: from, to, and the port. Groups have the names that the
 * code gives them.
 */
export type Edge = { readonly from: string; readonly to: string; readonly port: string };

const rule = z.looseObject({
  GroupId: z.unknown().optional(),
  CidrIp: z.string().optional(),
  CidrIpv6: z.string().optional(),
  SourcePrefixListId: z.string().optional(),
  DestinationPrefixListId: z.string().optional(),
  SourceSecurityGroupId: z.unknown().optional(),
  DestinationSecurityGroupId: z.unknown().optional(),
  IpProtocol: z.string(),
  FromPort: z.number().optional(),
  ToPort: z.number().optional(),
});
type Rule = z.output<typeof rule>;

const group = z.looseObject({
  SecurityGroupIngress: z.array(rule).default([]),
  SecurityGroupEgress: z.array(rule).default([]),
});

/**
 * Reads the inbound and the outbound rules of a template's security groups. A connection between
 * two groups is possible only if it is in both lists.
 */
export const readEdges = (template: StackTemplate): { readonly into: Edge[]; readonly outOf: Edge[] } => {
  const nameOf = createNames(template);
  const into: Edge[] = [];
  const outOf: Edge[] = [];
  const add = (edges: Edge[], direction: 'in' | 'out', own: string, given: Rule) => {
    if (isNothing(given)) return;
    const other = otherEnd(given, nameOf);
    edges.push({ ...(direction === 'in' ? { from: other, to: own } : { from: own, to: other }), port: portOf(given) });
  };
  for (const [id, { Type, Properties }] of Object.entries(template.Resources)) {
    if (Type === 'AWS::EC2::SecurityGroup') {
      const { SecurityGroupIngress, SecurityGroupEgress } = group.parse(Properties);
      for (const each of SecurityGroupIngress) add(into, 'in', nameOf({ Ref: id }), each);
      for (const each of SecurityGroupEgress) add(outOf, 'out', nameOf({ Ref: id }), each);
    } else if (Type === 'AWS::EC2::SecurityGroupIngress') {
      const each = rule.parse(Properties);
      add(into, 'in', nameOf(each.GroupId), each);
    } else if (Type === 'AWS::EC2::SecurityGroupEgress') {
      const each = rule.parse(Properties);
      add(outOf, 'out', nameOf(each.GroupId), each);
    }
  }
  return { into, outOf };
};

/**
 * Names a group by the id of its construct. The path in the metadata ends with it:
 * `…/Groups/Producer/Resource`.
 */
const createNames =
  ({ Resources }: StackTemplate) =>
  (value: unknown): string => {
    const id = referenceOf(value) ?? JSON.stringify(value);
    const path = metadata.safeParse(Resources[id]).data?.Metadata['aws:cdk:path'] ?? id;
    return path.split('/').at(-2) ?? id;
  };

const metadata = z.looseObject({ Metadata: z.object({ 'aws:cdk:path': z.string() }) });

const otherEnd = (given: Rule, nameOf: (value: unknown) => string): string => {
  const named = given.SourceSecurityGroupId ?? given.DestinationSecurityGroupId;
  if (named !== undefined) return nameOf(named);
  return given.CidrIp ?? given.CidrIpv6 ?? given.SourcePrefixListId ?? given.DestinationPrefixListId ?? 'anything';
};

const portOf = ({ IpProtocol, FromPort, ToPort }: Rule): string => {
  if (IpProtocol === '-1' || FromPort === undefined) return 'all';
  const ports = FromPort === ToPort ? String(FromPort) : `${FromPort}-${ToPort}`;
  return IpProtocol === 'tcp' ? ports : `${IpProtocol} ${ports}`;
};

/**
 * Returns true for the rule that CDK writes for a group without outbound traffic, because
 * CloudFormation takes an empty list for "everything".
 */
const isNothing = ({ CidrIp }: Rule): boolean => CidrIp === '255.255.255.255/32';
