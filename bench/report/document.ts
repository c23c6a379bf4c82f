import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '@sluice/local/folder.ts';
import type { Row } from '../parts/row.ts';
import { besideChart, reachChart } from './charts.ts';
import { tableCells } from './table.ts';

const begin = '<!-- npm run bench writes from here -->';
const end = '<!-- to here -->';
const folder = join(repository, 'docs');

/** Writes a run into docs/benchmarks.md, between its markers, and its charts beside that. */
export const writeDocument = (rows: readonly Row[], about: readonly string[]): void => {
  const file = join(folder, 'benchmarks.md');
  writeFileSync(file, insertRun(readFileSync(file, 'utf8'), rows, about));
  writeFileSync(join(folder, 'benchmarks-reach.svg'), reachChart(rows));
  writeFileSync(join(folder, 'benchmarks-beside.svg'), besideChart(rows));
};

/** The text of the document with a run between its markers, in the place of the last one. Throws where it has no markers. */
export const insertRun = (text: string, rows: readonly Row[], about: readonly string[]): string => {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/benchmarks.md must have the lines "${begin}" and "${end}"`);
  const [head = [], ...lines] = tableCells(rows).map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|')));
  const measured = [
    ...about.map((line) => `- ${line}`),
    '',
    tableLine(head),
    tableLine(head.map(() => '---')),
    ...lines.map(tableLine),
    '',
    '![How far from its reach each figure is](benchmarks-reach.svg)',
    '',
    '![What was measured, and what it is beside](benchmarks-beside.svg)',
  ];
  return [text.slice(0, from) + begin, '', ...measured, '', text.slice(to)].join('\n');
};

const tableLine = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
