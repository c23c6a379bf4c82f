import { appendFileSync } from 'node:fs';

/** How the pipeline took one kind of fault: a row of the table that `npm test` prints at its end. */
export type FaultRow = {
  readonly fault: string;
  /** How many times it was made. */
  readonly times: number;
  /** Counts that were acknowledged. */
  readonly acknowledged: number;
  /** Counts that what was broken may lose, by what is promised of it. */
  readonly mayBeLost: number;
  /** Counts that were acknowledged, are not among these, and are not recorded. */
  readonly lost: number;
  /** Rows too many. */
  readonly twice: number;
  /** From the end of the fault until everything was recorded. */
  readonly recoveryMs: number;
};

/** Notes a row, where tests/run.ts wants to hear of it. */
export const reportFault = (row: FaultRow): void => {
  const file = process.env['SLUICE_FAULT_REPORT'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(row)}\n`);
};

const columns: readonly (readonly [title: string, cell: (row: FaultRow) => string])[] = [
  ['times', ({ times }) => String(times)],
  ['acknowledged', ({ acknowledged }) => String(acknowledged)],
  ['may be lost', ({ mayBeLost }) => String(mayBeLost)],
  ['lost', ({ lost }) => String(lost)],
  ['twice', ({ twice }) => String(twice)],
  ['recovery', ({ recoveryMs }) => `${(recoveryMs / 1_000).toFixed(1)} s`],
];

/** The rows of a report as an aligned table. */
export const faultTable = (report: string): string => {
  const rows = report
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as FaultRow)
    .toSorted((a, b) => (a.fault < b.fault ? -1 : 1));
  const table = [
    ['fault', ...columns.map(([title]) => title)],
    ...rows.map((row) => [row.fault, ...columns.map(([, cell]) => cell(row))]),
  ];
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0)));
  return table
    .map((cells) =>
      cells
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  '),
    )
    .join('\n');
};
