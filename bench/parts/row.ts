import { spreadOf, type Spread } from './statistics.ts';

/** A figure to show: its rounds, in a unit. */
export type Figure = { readonly spread: Spread; readonly unit: string; readonly digits: number };

/** The target of a figure. */
export type Reach = { readonly is: 'at least' | 'at most'; readonly value: number };

/** One row of the table. */
export type Row = {
  readonly measure: string;
  readonly figure: Figure;
  /** The figure to compare with, from the same rounds. */
  readonly beside?: { readonly what: string; readonly figure: Figure };
  /**
   * The figure that `reach` applies to: usually the quotient of the two figures, round by round.
   */
  readonly judged?: Figure;
  readonly reach?: Reach;
};

/** True if the figure meets its target. */
export const isMet = ({ spread: { median } }: Figure, reach: Reach): boolean =>
  reach.is === 'at least' ? median >= reach.value : median <= reach.value;

/** Creates a figure from its rounds, its unit and the number of decimal places. */
export const figureOf = (values: readonly number[], unit: string, digits = 0): Figure => ({
  spread: spreadOf(values),
  unit,
  digits,
});

/** Creates two figures and, round by round, the quotient of one and the other. */
export const besideEachOther = (
  rounds: Rounds,
  what: string,
  unit: string,
  digits = 0,
): Required<Pick<Row, 'figure' | 'beside' | 'judged'>> => ({
  figure: figureOf(pick(rounds, 'one'), unit, digits),
  beside: { what, figure: figureOf(pick(rounds, 'other'), unit, digits) },
  judged: figureOf(quotients(rounds), '×', 2),
});

type Rounds = readonly { readonly one: number; readonly other: number }[];

const pick = (rounds: Rounds, side: 'one' | 'other') => rounds.map((round) => round[side]);
const quotients = (rounds: Rounds) => rounds.map(({ one, other }) => one / other);
