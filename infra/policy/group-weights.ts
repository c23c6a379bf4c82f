import * as z from 'zod';
import { regions } from '../schema/regions.ts';
import { referenceOf, type Finding, type StackTemplate } from './template.ts';

/** The rules that a security group may have in each direction, by default (quota L-0EA8095F). */
const maxRules = 60;

/**
 * The rules that a managed prefix list counts for ("Available AWS-managed prefix lists" of the
 * guide of VPCs).
 */
const weights: ReadonlyMap<string, number> = new Map(
  Object.values(regions).flatMap(({ cloudFrontPrefixList, s3PrefixList }) => [
    [cloudFrontPrefixList, 55],
    [s3PrefixList, 1],
  ]),
);

const rule = z.looseObject({
  GroupId: z.unknown().optional(),
  SourcePrefixListId: z.string().optional(),
  DestinationPrefixListId: z.string().optional(),
});
const group = z.looseObject({
  SecurityGroupIngress: z.array(rule).default([]),
  SecurityGroupEgress: z.array(rule).default([]),
});
type Rule = z.output<typeof rule>;

const weightOf = ({ SourcePrefixListId, DestinationPrefixListId }: Rule): number => {
  const list = SourcePrefixListId ?? DestinationPrefixListId;
  // A list that this table does not know is taken for the largest one.
  return list === undefined ? 1 : (weights.get(list) ?? maxRules);
};

type OwnRule = { readonly direction: 'inbound' | 'outbound'; readonly id: string; readonly own: Rule };

/** Returns the rules of the groups of a template. */
const rulesOf = ({ Resources }: StackTemplate): OwnRule[] =>
  Object.entries(Resources).flatMap(([id, { Type, Properties }]): OwnRule[] => {
    if (Type === 'AWS::EC2::SecurityGroup') {
      const { SecurityGroupIngress, SecurityGroupEgress } = group.parse(Properties);
      const inbound = SecurityGroupIngress.map((own): OwnRule => ({ direction: 'inbound', id, own }));
      return inbound.concat(SecurityGroupEgress.map((own) => ({ direction: 'outbound', id, own })));
    }
    const direction = directions.get(Type);
    if (direction === undefined) return [];
    const own = rule.parse(Properties);
    return [{ direction, id: referenceOf(own.GroupId) ?? JSON.stringify(own.GroupId), own }];
  });

const directions: ReadonlyMap<string, OwnRule['direction']> = new Map([
  ['AWS::EC2::SecurityGroupIngress', 'inbound'],
  ['AWS::EC2::SecurityGroupEgress', 'outbound'],
]);

/**
 * Finds security groups with more rules than AWS allows, with prefix lists weighed. With the
 * template `before` an update, the rules of both count together: CloudFormation adds the new ones
 * before it removes the old ones.
 */
export const findHeavyGroups = (template: StackTemplate, before?: StackTemplate): Finding[] => {
  const sums = new Map<string, number>();
  const rules = new Map(
    [...(before === undefined ? [] : rulesOf(before)), ...rulesOf(template)].map((each) => [
      JSON.stringify(each),
      each,
    ]),
  );
  for (const { direction, id, own } of rules.values()) {
    const key = `${id} (AWS::EC2::SecurityGroup) ${direction}`;
    sums.set(key, (sums.get(key) ?? 0) + weightOf(own));
  }
  return [...sums]
    .filter(([, sum]) => sum > maxRules)
    .map(([key, sum]) => ({
      where: `${template.stack} ${key}`,
      what: `counts as ${sum} rules, and a group may have ${maxRules}`,
    }));
};
