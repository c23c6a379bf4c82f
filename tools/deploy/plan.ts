import { fullDiff, ResourceImpact, type ResourceDifference } from '@aws-cdk/cloudformation-diff';
import { UnpricedError } from '@sluice/infra/cost/kinds.ts';
import { monthOf, sum } from '@sluice/infra/cost/month.ts';
import type { StackTemplate } from '@sluice/infra/policy/template.ts';
import { namesIn } from './resource-names.ts';

/** What happens to a resource. What is `destroyed` or `replaced` loses what it holds; `left` is one that nobody manages any more. */
export type Deed = 'destroyed' | 'replaced' | 'perhaps replaced' | 'left' | 'made' | 'changed';

export type Change = {
  readonly deed: Deed;
  /** `dev/app`. */
  readonly stack: string;
  readonly resource: string;
  readonly type: string;
  /** The properties that differ. */
  readonly causes: readonly string[];
  /** Whether something is lost or interrupted by it. */
  readonly isDestructive: boolean;
};

/** A stack before and after; without a template before, it is made. */
export type StackChange = { readonly before: StackTemplate | undefined; readonly after: StackTemplate };

/** Dollars a month while nothing happens; undefined where a resource has no price. */
export type MonthlyUsd = { readonly before: number | undefined; readonly after: number | undefined };

export type Plan = { readonly changes: readonly Change[]; readonly monthlyUsd: MonthlyUsd };

const deeds: Readonly<Partial<Record<ResourceImpact, Deed>>> = {
  [ResourceImpact.WILL_DESTROY]: 'destroyed',
  [ResourceImpact.WILL_REPLACE]: 'replaced',
  [ResourceImpact.MAY_REPLACE]: 'perhaps replaced',
  [ResourceImpact.WILL_ORPHAN]: 'left',
  [ResourceImpact.WILL_CREATE]: 'made',
  [ResourceImpact.WILL_UPDATE]: 'changed',
};

// The worst first.
const order: readonly Deed[] = ['destroyed', 'replaced', 'perhaps replaced', 'left', 'made', 'changed'];

// Kinds that hold nothing and that nobody reaches by name: the new one is there before the old one goes. All others are taken to lose something.
const remade = new Set([
  'AWS::ApplicationAutoScaling::ScalingPolicy',
  'AWS::Budgets::Budget',
  'AWS::CloudFront::Function',
  'AWS::CloudFront::ResponseHeadersPolicy',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::ECS::TaskDefinition',
  'AWS::IAM::ManagedPolicy',
  'AWS::IAM::Policy',
  'AWS::Lambda::Permission',
  'AWS::Lambda::Version',
  'AWS::SNS::TopicPolicy',
  'AWS::S3::BucketPolicy',
]);

/** What a deployment changes, and what it costs: the destructive first. Prices are those of the region. */
export const planOf = (stacks: readonly StackChange[], region: string): Plan => ({
  changes: stacks
    .flatMap(changesOf)
    .toSorted(
      (one, other) =>
        Number(other.isDestructive) - Number(one.isDestructive) || order.indexOf(one.deed) - order.indexOf(other.deed),
    ),
  monthlyUsd: {
    before: costOf(
      stacks.flatMap(({ before }) => (before === undefined ? [] : [before])),
      region,
    ),
    after: costOf(
      stacks.map(({ after }) => after),
      region,
    ),
  },
});

const changesOf = ({ before, after }: StackChange): Change[] => {
  const changes: Change[] = [];
  const old = { Resources: before?.Resources ?? {} };
  fullDiff(old, { Resources: after.Resources }).resources.forEachDifference((id, difference) => {
    const deed = deeds[difference.changeImpact];
    if (deed === undefined) return;
    const type = old.Resources[id]?.Type ?? after.Resources[id]?.Type ?? '';
    const named = after.Resources[id] === undefined && before !== undefined ? before : after;
    changes.push({
      deed,
      stack: after.stack,
      resource: namesIn(named)(id),
      type,
      causes: deed === 'made' || deed === 'destroyed' ? [] : causesOf(difference),
      isDestructive: !['made', 'changed'].includes(deed) && !remade.has(type),
    });
  });
  return changes;
};

const causesOf = ({ propertyUpdates }: ResourceDifference): string[] => Object.keys(propertyUpdates).toSorted();

const costOf = (templates: readonly StackTemplate[], region: string): number | undefined => {
  try {
    return sum(monthOf(templates).lines, region === 'us-east-1' ? 'usEast1' : 'euCentral1');
  } catch (error) {
    if (error instanceof UnpricedError) return undefined;
    throw error;
  }
};

/** A plan as it is shown: each change that matters, the rest counted by kind, and the money. */
export const sayPlan = ({ changes, monthlyUsd }: Plan): string[] => {
  const destructive = changes.filter(({ isDestructive }) => isDestructive);
  const others = changes.filter(({ isDestructive }) => !isDestructive);
  const width = Math.max(0, ...destructive.map(({ deed }) => deed.length));
  const lines = destructive.map(
    ({ deed, stack, resource, type, causes }) =>
      `${deed.toUpperCase().padEnd(width)}  ${stack} ${resource} (${type})${causes.length === 0 ? '' : `: ${causes.join(', ')}`}`,
  );
  for (const [place, own] of Map.groupBy(others, ({ stack, deed }) => `${stack}: ${deed}`)) {
    const names = own.slice(0, 4).map(({ resource }) => resource);
    lines.push(`${place} ${own.length} (${names.join(', ')}${own.length > names.length ? ', …' : ''})`);
  }
  if (changes.length === 0) lines.push('The stacks stay as they are.');
  lines.push(`Idle it costs ${dollars(monthlyUsd.before)} a month now, and ${dollars(monthlyUsd.after)} afterwards.`);
  return lines;
};

const dollars = (usd: number | undefined): string => (usd === undefined ? 'what nobody priced' : `$${usd.toFixed(2)}`);
