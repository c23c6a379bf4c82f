import { nameOf } from './mutation.ts';
import type { Verdict } from './prove.ts';

/** Why mutations were not caught, each under its name; nothing where all were. */
export const reportFaults = (verdicts: readonly Verdict[]): string =>
  verdicts
    .filter(({ verdict }) => verdict !== 'caught')
    .map(({ mutation, verdict, why }) => {
      const lines = [mutation.invariant, `Test: ${nameOf(mutation.test)}`, why].join('\n').split('\n');
      return [`${verdict.toUpperCase()} ${mutation.name}`, ...lines.map((line) => `  ${line}`), ''].join('\n');
    })
    .join('\n');

/** A line for each mutation: its name, the verdict, how long its test took, and which it is. */
export const reportTable = (verdicts: readonly Verdict[]): string => {
  const rows = verdicts.map(({ mutation, verdict, seconds }) => [
    mutation.name,
    verdict,
    seconds.toFixed(1),
    nameOf(mutation.test),
  ]);
  const lines = [['mutation', 'verdict', 'seconds', 'test'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map(([name = '', verdict = '', seconds = '', test = '']) =>
      [name.padEnd(widths[0] ?? 0), verdict.padEnd(widths[1] ?? 0), seconds.padStart(widths[2] ?? 0), test].join('  '),
    )
    .join('\n');
};
