import type { Row } from '../parts/row.ts';
import { tableCells } from './table.ts';

const begin = '<!-- npm run bench writes from here -->';
const end = '<!-- to here -->';

/** Replaces the last run between the document's markers. Throws if the document has no markers. */
export const insertRun = (text: string, rows: readonly Row[], about: readonly string[]): string => {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/benchmarks.md must have the lines "${begin}" and "${end}"`);
  const [head = [], ...lines] = tableCells(rows).map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|')));
  // Columns of equal width, as oxfmt formats them.
  const widths = head.map((_, column) => Math.max(3, ...[head, ...lines].map((cells) => cells[column]?.length ?? 0)));
  const tableLine = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const measured = [
    ...about.map((line) => `- ${line}`),
    '',
    tableLine(head),
    tableLine(widths.map((width) => '-'.repeat(width))),
    ...lines.map(tableLine),
    '',
    '![How far from its reach each figure is](benchmarks-reach.svg)',
    '',
    '![What was measured, and what it is beside](benchmarks-beside.svg)',
  ];
  return [text.slice(0, from) + begin, '', ...measured, '', text.slice(to)].join('\n');
};
