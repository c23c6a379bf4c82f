import type { Load } from './load.ts';
import type { Owner } from './owner.ts';
import type { Servers } from './pipeline.ts';
import type { Row } from './row.ts';

/** What a measurement does its work with. */
export type Bench = {
  readonly servers: Servers;
  readonly load: Load;
  /** The server that does nothing. */
  readonly noop: { readonly port: number; readonly pid: number };
  readonly rounds: number;
  /** How long one thing is measured before it is the turn of what it is beside. */
  readonly sliceMs: number;
  /** Whether all is to be run and nothing is to be judged: a fiftieth of the rows, one short round. */
  readonly isQuick: boolean;
  /** Tells who waits how far the measurement is. */
  readonly progress: (text: string) => void;
};

/** One of the things that can be chosen by name. */
export type Measurement = {
  readonly name: string;
  /** What it starts is ended with `owner`. Throws when something does not run, and never for a figure. */
  readonly run: (bench: Bench, owner: Owner) => Promise<readonly Row[]>;
};

/**
 * Measures two things in turns, so that what disturbs the machine disturbs both: each round has each of them once, and every other round begins
 * with the other.
 */
export const inTurns = async <A, B>(
  { rounds, progress }: Bench,
  one: () => Promise<A>,
  other: () => Promise<B>,
): Promise<readonly { readonly one: A; readonly other: B }[]> => {
  const measured: { one: A; other: B }[] = [];
  for (let round = 0; round < rounds; round++) {
    progress(`round ${round + 1} of ${rounds}`);
    // oxlint-disable no-await-in-loop -- one at a time is what measuring is
    if (round % 2 === 0) {
      const first = await one();
      measured.push({ one: first, other: await other() });
    } else {
      const first = await other();
      measured.push({ one: await one(), other: first });
    }
    // oxlint-enable no-await-in-loop
  }
  return measured;
};
