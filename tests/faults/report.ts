import { appendFileSync } from 'node:fs';

/** How the pipeline took one kind of fault: a row of the table that `npm test` prints at its end. */
export type FaultRow = {
  readonly fault: string;
  /** How many times it was made. */
  readonly times: number;
  /** Counts that were acknowledged. */
  readonly acknowledged: number;
  /** Counts that waited in a Redis that keeps nothing when it is broken so, and are not recorded. */
  readonly lostWithIt: number;
  /** All others that were acknowledged and are not recorded. */
  readonly lost: number;
  /** Rows too many. */
  readonly twice: number;
  /** From the end of the fault until everything was recorded. */
  readonly recoveryMs: number;
};

const columns = ['fault', 'times', 'acknowledged', 'lost with it', 'lost', 'twice', 'recovery'];

/** Notes a row, where tests/run.ts wants to hear of it. */
export const reportFault = (row: FaultRow): void => {
  const file = process.env['SLUICE_FAULT_REPORT'];
  if (file === undefined) return;
  const { fault, times, acknowledged, lostWithIt, lost, twice, recoveryMs } = row;
  const cells = [fault, times, acknowledged, lostWithIt, lost, twice, `${(recoveryMs / 1_000).toFixed(1)} s`];
  appendFileSync(file, `${cells.join('\t')}\n`);
};

const legend =
  'lost with it: waited in a Redis that keeps nothing when it is broken so. recovery: from the end of the fault until everything was recorded.';

/** What was noted as an aligned table. */
export const faultTable = (report: string): string => {
  const rows = report
    .trim()
    .split('\n')
    .toSorted((one, other) => one.localeCompare(other, 'en'));
  const table = [columns, ...rows.map((row) => row.split('\t'))];
  const widths = columns.map((_, column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0)));
  const align = (cells: readonly string[]) =>
    cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)));
  const lines = table.map((cells) => align(cells).join('  '));
  return ['', ...lines, '', legend].join('\n');
};
