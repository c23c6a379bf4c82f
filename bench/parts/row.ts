import type { Spread } from './statistics.ts';

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
  /** A sentence to read beside the figures. */
  readonly note?: string;
};

/** Whether the row's reach is met; nothing where it has none. */
export const isMet = ({ judged, figure, reach }: Row): boolean | undefined => {
  if (reach === undefined) return undefined;
  const { median } = (judged ?? figure).spread;
  return reach.is === 'at least' ? median >= reach.value : median <= reach.value;
};
