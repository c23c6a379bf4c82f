import type { Load } from './load.ts';
import type { Owner } from './owner.ts';
import type { Servers } from './pipeline.ts';
import type { Row } from './row.ts';

/** The environment of a measurement. */
export type Bench = {
  readonly servers: Servers;
  readonly load: Load;
  /** The no-op server. */
  readonly noop: { readonly port: number; readonly pid: number };
  readonly rounds: number;
  /** The duration of one slice in ms, before the other side of a comparison gets its turn. */
  readonly sliceMs: number;
  /** True to run everything without evaluating it: a fiftieth of the rows, one short round. */
  readonly isQuick: boolean;
  /** Called with a text on the progress of the measurement. */
  readonly progress: (text: string) => void;
};

/** A measurement that can be chosen by name. */
export type Measurement = {
  readonly name: string;
  /**
   * Runs the measurement. `owner` ends the processes that it starts. Throws when something does not
   * run, and never for a figure.
   */
  readonly run: (bench: Bench, owner: Owner) => Promise<readonly Row[]>;
};

/**
 * Measures two things in turns, so that a disturbance of the machine affects both. Each round
 * measures each of them once, and every other round begins with the other one.
 */
export const inTurns = async <A, B>(
  { rounds, progress }: Bench,
  one: () => Promise<A>,
  other: () => Promise<B>,
): Promise<readonly { readonly one: A; readonly other: B }[]> => {
  const measured: { one: A; other: B }[] = [];
  for (let round = 0; round < rounds; round++) {
    progress(`round ${round + 1} of ${rounds}`);
    if (round % 2 === 0) {
      const first = await one();
      measured.push({ one: first, other: await other() });
    } else {
      const first = await other();
      measured.push({ one: await one(), other: first });
    }
  }
  return measured;
};
