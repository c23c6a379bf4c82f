import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

/** The options of the command line. */
export type Options = {
  readonly seed: number;
  readonly minutes: number;
  readonly isQuick: boolean;
  /** True to write the report into docs/proof.md, and the chart next to it. */
  readonly isWritten: boolean;
};

const maxSeed = 2 ** 32 - 1;
const quickMinutes = 2;
const fullMinutes = 10;
// The history and the disks are in memory.
const maxMinutes = 60;

/** Parses the command line. Throws at an unknown option or a bad value. */
export const readOptions = (args: readonly string[]): Options => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      minutes: { type: 'string' },
      seed: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  });
  const seed = values.seed === undefined ? randomInt(maxSeed) : Number(values.seed || Number.NaN);
  if (!(Number.isInteger(seed) && seed >= 0 && seed <= maxSeed)) {
    throw new Error(`--seed takes a whole number from 0 to ${maxSeed}`);
  }
  if (values.quick && (values.minutes !== undefined || values.write)) {
    throw new Error('--quick takes neither --minutes nor --write');
  }
  const minutes = values.quick ? quickMinutes : Number(values.minutes ?? fullMinutes);
  if (!(minutes >= 1 && minutes <= maxMinutes)) throw new Error(`--minutes takes a number from 1 to ${maxMinutes}`);
  return { seed, minutes, isQuick: values.quick, isWritten: values.write };
};
