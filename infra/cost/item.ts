import type { PriceName } from './prices.ts';
import type { Load } from './usage.ts';

/** The groups of items by which environments are compared, in the order of the report. */
export const groups = [
  'network',
  'ingress',
  'tasks',
  'MySQL',
  'Valkey',
  'secrets and keys',
  'monitoring',
  'storage',
] as const;

type Group = (typeof groups)[number];

/** An item on the bill: a number of units a month, and more with counts. */
export type Item = {
  readonly group: Group;
  readonly what: string;
  readonly price: PriceName;
  /** Units a month while idle. */
  readonly idle: number;
  /** Units that a million counts add. */
  readonly perLoad: (load: Load) => number;
};

/** Returns an item. Without `perLoad`, counts add nothing to it. */
export const item = (
  group: Group,
  what: string,
  price: PriceName,
  idle: number,
  perLoad: Item['perLoad'] = () => 0,
): Item => ({ group, what, price, idle, perLoad });
