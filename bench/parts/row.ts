import { spreadOf, type Spread } from './statistics.ts';

/** A figure to show: its rounds, in a unit. */
export type Figure = { readonly spread: Spread; readonly unit: string; readonly digits: number };

/** The target of a figure. */
export type Target = { readonly is: 'at least' | 'at most'; readonly value: number };

/** One row of the table. */
export type Row = {
  readonly measure: string;
  readonly figure: Figure;
  /** The figure to compare with, from the same rounds. */
  readonly limit?: { readonly what: string; readonly figure: Figure };
  /**
   * The figure that `target` applies to: usually the quotient of the two figures, round by round.
   */
  readonly compared?: Figure;
  readonly target?: Target | undefined;
};

/** True if the figure meets its target. */
export const isMet = ({ spread: { median } }: Figure, target: Target): boolean =>
  target.is === 'at least' ? median >= target.value : median <= target.value;

/** Creates a figure from its rounds, its unit and the number of decimal places. */
export const figureOf = (values: readonly number[], unit: string, digits = 0): Figure => ({
  spread: spreadOf(values),
  unit,
  digits,
});

/** Creates two figures and, round by round, the quotient of one and the other. */
export const compareRounds = (
  rounds: Rounds,
  what: string,
  unit: string,
  digits = 0,
): Required<Pick<Row, 'figure' | 'limit' | 'compared'>> => ({
  figure: figureOf(pick(rounds, 'one'), unit, digits),
  limit: { what, figure: figureOf(pick(rounds, 'other'), unit, digits) },
  compared: figureOf(quotients(rounds), '×', 2),
});

type Rounds = readonly { readonly one: number; readonly other: number }[];

const pick = (rounds: Rounds, side: 'one' | 'other') => rounds.map((round) => round[side]);
const quotients = (rounds: Rounds) => rounds.map(({ one, other }) => one / other);
