import { nameOf } from './mutation.ts';
import type { Verdict } from './prove.ts';

/** Lists the uncaught mutations with their reasons, or returns an empty text if all were caught. */
export const reportFaults = (verdicts: readonly Verdict[]): string =>
  verdicts
    .filter(({ verdict }) => verdict !== 'caught')
    .map(({ mutation, verdict, why }) => {
      const lines = [mutation.invariant, `Test: ${nameOf(mutation.test)}`, why].join('\n').split('\n');
      return [`${verdict.toUpperCase()} ${mutation.name}`, ...lines.map((line) => `  ${line}`), ''].join('\n');
    })
    .join('\n');

/**
 * Formats one line for each mutation: its name, its verdict, the duration of its test in seconds,
 * and the test.
 */
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
