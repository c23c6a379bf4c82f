import * as z from 'zod';
import type { Resource, StackTemplate } from '../policy/template.ts';
import { free } from './free.ts';
import type { Item } from './item.ts';
import { kinds, UnpricedError } from './kinds.ts';
import { priceIn } from './prices.ts';
import { loads, type LoadName } from './usage.ts';

/** One item on the bill of a region. Dollars are undefined if the price is unknown there. */
export type Line = Item & {
  /** The resource by its path, `dev/app/Producer/Service`. */
  readonly resource: string;
  /** US dollars a month while idle. */
  readonly idleUsd: number | undefined;
  /** US dollars that a million counts add. */
  readonly perMillionUsd: Readonly<Record<LoadName, number | undefined>>;
};

/**
 * Computes the cost of a month in a region from the templates. Throws an {@link UnpricedError} that
 * names all resources without a price.
 */
export const monthOf = (templates: readonly StackTemplate[], region: string): Line[] => {
  const findings: string[] = [];
  const lines = templates.flatMap((template) =>
    Object.entries(template.Resources).flatMap(([id, resource]) => {
      const { Type } = resource;
      if (free[Type] !== undefined) return [];
      const place = `${template.stack} ${id} (${Type})`;
      try {
        const toItems = kinds[Type];
        if (toItems === undefined) throw new UnpricedError('has no price');
        return toItems(resource, id, template).map((each) => lineOf(each, pathOf(resource, place), region));
      } catch (error) {
        if (!(error instanceof UnpricedError)) throw error;
        findings.push(`${place}: ${error.message}; add it to infra/cost/kinds.ts, or to infra/cost/free.ts`);
        return [];
      }
    }),
  );
  if (findings.length > 0) throw new UnpricedError(findings.join('\n'));
  return lines;
};

const lineOf = (item: Item, resource: string, region: string): Line => {
  const price = priceIn(item.price, region);
  const cost = (units: number) => (price === undefined && units > 0 ? undefined : units * (price ?? 0));
  return {
    ...item,
    resource,
    idleUsd: cost(item.idle),
    perMillionUsd: { single: cost(item.perLoad(loads.single)), lists: cost(item.perLoad(loads.lists)) },
  };
};

const metadata = z.looseObject({ Metadata: z.looseObject({ 'aws:cdk:path': z.string() }) });

const pathOf = (resource: Resource, place: string): string =>
  metadata.safeParse(resource).data?.Metadata['aws:cdk:path'].replace(/(\/Resource)+$/, '') ?? place;

/** A sum in US dollars of the known costs. The sum is too small if it is not complete. */
export type Sum = { readonly usd: number; readonly isComplete: boolean };

/** Sums the costs of lines, while idle if no other cost is given. */
export const sum = (
  lines: readonly Line[],
  costOf: (line: Line) => number | undefined = ({ idleUsd }) => idleUsd,
): Sum => ({
  usd: lines.reduce((total, line) => total + (costOf(line) ?? 0), 0),
  isComplete: lines.every((line) => costOf(line) !== undefined),
});
