import { appendFileSync } from 'node:fs';

/** The result of one kind of fault: a row of the table that `npm test` prints at its end. */
export type FaultRow = {
  readonly fault: string;
  /** The number of times that the fault was injected. */
  readonly times: number;
  /** The number of acknowledged counts. */
  readonly acknowledged: number;
  /**
   * The number of unrecorded counts that waited in a Redis which loses its data with this fault.
   */
  readonly lostWithIt: number;
  /** The number of all other acknowledged counts that are not recorded. */
  readonly lost: number;
  /** The number of surplus rows. */
  readonly twice: number;
  /** The time from the end of the fault until everything was recorded. */
  readonly recoveryMs: number;
};

const columns = ['fault', 'times', 'acknowledged', 'lost with it', 'lost', 'twice', 'recovery'];

/** Appends a row to the report if tests/run.ts has requested one. */
export const reportFault = (row: FaultRow): void => {
  const file = process.env['SLUICE_FAULT_REPORT'];
  if (file === undefined) return;
  const { fault, times, acknowledged, lostWithIt, lost, twice, recoveryMs } = row;
  const cells = [fault, times, acknowledged, lostWithIt, lost, twice, `${(recoveryMs / 1_000).toFixed(1)} s`];
  appendFileSync(file, `${cells.join('\t')}\n`);
};

const legend =
  'lost with it: waited in a Redis that keeps nothing when it is broken so. recovery: from the end of the fault until everything was recorded.';

/** Formats the report as an aligned table. */
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
