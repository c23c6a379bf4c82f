import type { PriceName } from './prices.ts';
import type { Load } from './usage.ts';

/** A group of items by which environments are compared. */
export type Group =
  | 'network'
  | 'ingress'
  | 'tasks'
  | 'MySQL'
  | 'Valkey'
  | 'secrets and keys'
  | 'monitoring'
  | 'storage';

/** An item on the bill: a number of units a month, and more with counts. */
export type Item = {
  readonly group: Group;
  readonly what: string;
  readonly price: PriceName;
  /** Units a month while idle. */
  readonly idle: number;
  /** Units that counts add. */
  readonly perLoad?: (load: Load) => number;
};
