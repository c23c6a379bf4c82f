import { spreadOf, type Spread } from './statistics.ts';

/** A figure as it is shown: its rounds, in a unit. */
export type Figure = { readonly spread: Spread; readonly unit: string; readonly digits: number };

/** What a figure should be. */
export type Reach = { readonly is: 'at least' | 'at most'; readonly value: number };

/** One line of the table. */
export type Row = {
  readonly measure: string;
  readonly figure: Figure;
  /** What it is measured beside, in the same rounds. */
  readonly beside?: { readonly what: string; readonly figure: Figure };
  /** What the reach is about: mostly the figure divided by what it is beside, round by round. */
  readonly judged?: Figure;
  readonly reach?: Reach;
};

/** Whether the row's reach is met; nothing where it has none. */
export const isMet = ({ judged, figure, reach }: Row): boolean | undefined => {
  if (reach === undefined) return undefined;
  const { median } = (judged ?? figure).spread;
  return reach.is === 'at least' ? median >= reach.value : median <= reach.value;
};

/** The rounds of a figure, with its unit and how many digits of it are shown after the point. */
export const figureOf = (values: readonly number[], unit: string, digits = 0): Figure => ({
  spread: spreadOf(values),
  unit,
  digits,
});

/** Two figures, and round by round how often the other is in the one. */
export const besideEachOther = (
  rounds: readonly { readonly one: number; readonly other: number }[],
  what: string,
  unit: string,
  digits = 0,
): Required<Pick<Row, 'figure' | 'beside' | 'judged'>> => ({
  figure: figureOf(
    rounds.map(({ one }) => one),
    unit,
    digits,
  ),
  beside: {
    what,
    figure: figureOf(
      rounds.map(({ other }) => other),
      unit,
      digits,
    ),
  },
  judged: figureOf(
    rounds.map(({ one, other }) => one / other),
    '×',
    2,
  ),
});
