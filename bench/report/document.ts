import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '@sluice/local/folder.ts';
import type { Row } from '../parts/row.ts';
import { besideChart, reachChart } from './charts.ts';
import { insertRun } from './insert-run.ts';

const folder = join(repository, 'docs');

/** Writes a run into docs/benchmarks.md between its markers, and the charts next to it. */
export const writeDocument = (rows: readonly Row[], about: readonly string[]): void => {
  const file = join(folder, 'benchmarks.md');
  writeFileSync(file, insertRun(readFileSync(file, 'utf8'), rows, about));
  writeFileSync(join(folder, 'benchmarks-reach.svg'), reachChart(rows));
  writeFileSync(join(folder, 'benchmarks-beside.svg'), besideChart(rows));
};
