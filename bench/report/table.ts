import { isMet, type Figure, type Row } from '../parts/row.ts';

const heads = ['measure', 'figure', 'beside', 'result (lowest – highest)', 'reach', ''] as const;

/** Formats a number with thousands separators. */
export const formatNumber = (value: number, digits: number): string =>
  value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });

const withUnit = (text: string, unit: string): string => (unit === '' || unit === '×' ? text : `${text} ${unit}`);

const formatMedian = ({ spread, unit, digits }: Figure): string => withUnit(formatNumber(spread.median, digits), unit);

const formatSpread = ({ spread, unit, digits }: Figure): string => {
  const [median, low, high] = [spread.median, spread.low, spread.high].map((value) => formatNumber(value, digits));
  return withUnit(`${median} (${low} – ${high})`, unit);
};

const formatReach = ({ reach }: Row): string =>
  reach === undefined ? '' : `${reach.is === 'at least' ? '≥' : '≤'} ${reach.value}`;

const verdictOf = (row: Row): string => {
  const met = isMet(row);
  if (met === undefined) return '';
  return met ? 'met' : 'NOT MET';
};

/** Returns the cells of the table, the header first. */
export const tableCells = (rows: readonly Row[]): string[][] => [
  [...heads],
  ...rows.map((row) => [
    row.measure,
    formatMedian(row.figure),
    row.beside === undefined ? '' : `${formatMedian(row.beside.figure)}: ${row.beside.what}`,
    formatSpread(row.judged ?? row.figure),
    formatReach(row),
    verdictOf(row),
  ]),
];

/** Aligns columns for a terminal. */
export const alignCells = (cells: readonly (readonly string[])[]): string => {
  const widths = heads.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  return cells
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};
