import * as z from 'zod';
import type { Resource, StackTemplate } from '../policy/template.ts';
import { free } from './free.ts';
import type { Group, Item } from './item.ts';
import { kinds, UnpricedError } from './kinds.ts';
import { priceIn, type PricedRegion } from './prices.ts';
import { loads } from './usage.ts';

/** One item on the bill, in dollars. */
export type Line = Item & {
  /** The resource by its path, `dev/app/Producer/Service`. */
  readonly resource: string;
  readonly type: string;
  readonly usEast1: number;
  readonly euCentral1: number;
  readonly isEstimated: Readonly<Record<PricedRegion, boolean>>;
  /**
   * US dollars for a million counts at us-east-1 prices: each in its own request, or 1,000 in each
   * request.
   */
  readonly perMillion: Readonly<Record<keyof typeof loads, number>>;
};

/** A month of an environment. */
export type Month = {
  readonly lines: readonly Line[];
  /** Kinds that cost nothing, with the number of their resources. */
  readonly free: readonly { readonly type: string; readonly count: number; readonly why: string }[];
};

/**
 * Computes the cost of a month from the templates. Throws an {@link UnpricedError} that names all
 * resources without a price.
 */
export const monthOf = (templates: readonly StackTemplate[]): Month => {
  const findings: string[] = [];
  const lines: Line[] = [];
  const freeCounts = new Map<string, number>();
  for (const template of templates) {
    for (const [id, resource] of Object.entries(template.Resources)) {
      const { Type } = resource;
      if (free[Type] !== undefined) {
        freeCounts.set(Type, (freeCounts.get(Type) ?? 0) + 1);
        continue;
      }
      const place = `${template.stack} ${id} (${Type})`;
      const toItems = kinds[Type];
      if (toItems === undefined) {
        findings.push(
          `${place}: has no price; add one to infra/cost/kinds.ts, or the reason why it is free to infra/cost/free.ts`,
        );
        continue;
      }
      try {
        lines.push(...toItems(resource, id, template).map((item) => lineOf(item, pathOf(resource, place), Type)));
      } catch (error) {
        if (!(error instanceof UnpricedError)) throw error;
        findings.push(`${place}: ${error.message}; add one to infra/cost`);
      }
    }
  }
  if (findings.length > 0) throw new UnpricedError(findings.join('\n'));
  return {
    lines,
    free: [...freeCounts].map(([type, count]) => ({ type, count, why: free[type] ?? '' })),
  };
};

const lineOf = (item: Item, resource: string, type: string): Line => {
  const inRegion = (region: PricedRegion) => priceIn(item.price, region);
  const [here, there] = [inRegion('us-east-1'), inRegion('eu-central-1')];
  const perLoad = (load: keyof typeof loads) => (item.perLoad?.(loads[load]) ?? 0) * here.usd;
  return {
    ...item,
    resource,
    type,
    usEast1: item.idle * here.usd,
    euCentral1: item.idle * there.usd,
    isEstimated: { 'us-east-1': here.isEstimated, 'eu-central-1': there.isEstimated },
    perMillion: { alone: perLoad('alone'), together: perLoad('together') },
  };
};

const metadata = z.looseObject({ Metadata: z.looseObject({ 'aws:cdk:path': z.string() }) });

const pathOf = (resource: Resource, place: string): string =>
  metadata.safeParse(resource).data?.Metadata['aws:cdk:path'].replace(/(\/Resource)+$/, '') ?? place;

/** Sums lines by the result of `key`, the largest first. */
export const sumBy = (
  lines: readonly Line[],
  key: (line: Line) => string,
): { name: string; usEast1: number; euCentral1: number }[] =>
  [...Map.groupBy(lines, key)]
    .map(([name, own]) => ({ name, usEast1: sum(own, 'usEast1'), euCentral1: sum(own, 'euCentral1') }))
    .toSorted((one, other) => other.usEast1 - one.usEast1);

/** Sums lines, in dollars. */
export const sum = (lines: readonly Line[], region: 'usEast1' | 'euCentral1'): number =>
  lines.reduce((total, line) => total + line[region], 0);

/** All groups, in the order of the report. */
export const groups: readonly Group[] = [
  'network',
  'ingress',
  'tasks',
  'MySQL',
  'Valkey',
  'secrets and keys',
  'monitoring',
  'storage',
];
