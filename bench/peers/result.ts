import { figureOf } from '../parts/row.ts';
import { formatNumber } from '../report/table.ts';
import type { Figures } from './figures.ts';
import type { Part } from './kill.ts';
import type { Outcome } from './outcome.ts';
import type { Peer } from './peer.ts';
import type { Share } from './profile.ts';

/** All that a run found out about a peer. */
export type Result = {
  readonly peer: Peer;
  /** Its figures, round by round. */
  readonly rounds: readonly Figures[];
  /** The outcome after kills of each part. A slow peer has none. */
  readonly outcomes: Partial<Record<Part, Outcome>>;
};

/** The results of a comparison. The first is that of Sluice. */
export type Comparison = {
  readonly results: readonly [Result, ...Result[]];
  /** POSTs a second of the server that does nothing, round by round. */
  readonly noop: readonly number[];
  /** Where the producer of Sluice spends its time. */
  readonly profile: readonly Share[];
};

/** Returns the quotients of a figure of two results, round by round. Empty if one lacks the figure. */
export const quotientsOf = (one: Result, other: Result, name: keyof Figures): number[] =>
  one.rounds.flatMap((figures, round) => {
    const [dividend, divisor] = [figures[name], other.rounds[round]?.[name]];
    return dividend === undefined || divisor === undefined ? [] : [dividend / divisor];
  });

/** Formats the median of quotients, with the lowest and the highest in brackets. */
export const formatQuotients = (quotients: readonly number[]): string => {
  if (quotients.length === 0) return '–';
  const { median, low, high } = figureOf(quotients, '×').spread;
  const text = (value: number) => formatNumber(value, median < 100 ? 2 : 0);
  return `${text(median)} (${text(low)} – ${text(high)})`;
};
