import { fullDiff, ResourceImpact, type ResourceDifference } from '@aws-cdk/cloudformation-diff';
import { UnpricedError } from '@sluice/infra/cost/kinds.ts';
import { monthOf, sum, type Sum } from '@sluice/infra/cost/month.ts';
import type { StackTemplate } from '@sluice/infra/policy/template.ts';
import { namesIn } from './resource-names.ts';

/**
 * The change to a resource. A `deleted` or `replaced` resource loses its content. A `retained`
 * resource is no longer managed.
 */
export type Impact = 'deleted' | 'replaced' | 'may be replaced' | 'retained' | 'created' | 'updated';

export type Change = {
  readonly impact: Impact;
  /** `dev/app`. */
  readonly stack: string;
  readonly resource: string;
  readonly type: string;
  /** The properties that differ. */
  readonly causes: readonly string[];
  /** True if the change loses or interrupts something. */
  readonly isDestructive: boolean;
};

/** A stack before and after. Without a template before, the stack is created. */
export type StackChange = { readonly before: StackTemplate | undefined; readonly after: StackTemplate };

/** Dollars a month while idle. Undefined if a resource has no price. */
export type MonthlyUsd = { readonly before: Sum | undefined; readonly after: Sum | undefined };

export type Plan = { readonly changes: readonly Change[]; readonly monthlyUsd: MonthlyUsd };

const impacts: Readonly<Partial<Record<ResourceImpact, Impact>>> = {
  [ResourceImpact.WILL_DESTROY]: 'deleted',
  [ResourceImpact.WILL_REPLACE]: 'replaced',
  [ResourceImpact.MAY_REPLACE]: 'may be replaced',
  [ResourceImpact.WILL_ORPHAN]: 'retained',
  [ResourceImpact.WILL_CREATE]: 'created',
  [ResourceImpact.WILL_UPDATE]: 'updated',
};

// The most destructive first.
const order: readonly Impact[] = ['deleted', 'replaced', 'may be replaced', 'retained', 'created', 'updated'];

// Types that hold nothing and that nobody reaches by name. The new resource exists before the old
// one goes. All other types count as losing something.
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

/**
 * Plans the changes of a deployment and their cost. Destructive changes come first. Prices are
 * those of the region.
 */
export const planOf = (stacks: readonly StackChange[], region: string): Plan => ({
  changes: stacks
    .flatMap(changesOf)
    .toSorted(
      (one, other) =>
        Number(other.isDestructive) - Number(one.isDestructive) ||
        order.indexOf(one.impact) - order.indexOf(other.impact),
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
    const impact = impacts[difference.changeImpact];
    if (impact === undefined) return;
    const type = old.Resources[id]?.Type ?? after.Resources[id]?.Type ?? '';
    const named = after.Resources[id] === undefined && before !== undefined ? before : after;
    changes.push({
      impact,
      stack: after.stack,
      resource: namesIn(named)(id),
      type,
      causes: impact === 'created' || impact === 'deleted' ? [] : causesOf(difference),
      isDestructive: !['created', 'updated'].includes(impact) && !remade.has(type),
    });
  });
  return changes;
};

const causesOf = ({ propertyUpdates }: ResourceDifference): string[] => Object.keys(propertyUpdates).toSorted();

const costOf = (templates: readonly StackTemplate[], region: string): Sum | undefined => {
  try {
    return sum(monthOf(templates, region));
  } catch (error) {
    if (error instanceof UnpricedError) return undefined;
    throw error;
  }
};

/** Formats a plan: each important change, the others counted by kind, and the cost. */
export const formatPlan = ({ changes, monthlyUsd }: Plan): string[] => {
  const destructive = changes.filter(({ isDestructive }) => isDestructive);
  const others = changes.filter(({ isDestructive }) => !isDestructive);
  const width = Math.max(0, ...destructive.map(({ impact }) => impact.length));
  const lines = destructive.map(
    ({ impact, stack, resource, type, causes }) =>
      `${impact.toUpperCase().padEnd(width)}  ${stack} ${resource} (${type})${causes.length === 0 ? '' : `: ${causes.join(', ')}`}`,
  );
  for (const [place, own] of Map.groupBy(others, ({ stack, impact }) => `${stack}: ${impact}`)) {
    const names = own.slice(0, 4).map(({ resource }) => resource);
    lines.push(`${place} ${own.length} (${names.join(', ')}${own.length > names.length ? ', …' : ''})`);
  }
  if (changes.length === 0) lines.push('No changes to the stacks');
  lines.push(
    `Cost while idle: ${dollars(monthlyUsd.before)} a month now, ${dollars(monthlyUsd.after)} after the deployment`,
  );
  return lines;
};

const dollars = (cost: Sum | undefined): string =>
  cost === undefined ? 'an unknown amount' : `${cost.isComplete ? '' : 'at least '}$${cost.usd.toFixed(2)}`;
