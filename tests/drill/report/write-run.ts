import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { faultOf } from '../faults/all.ts';
import { drawChart } from './chart.ts';
import { formatRun, type Run } from './report.ts';

/** The files of a run that its command reads again. */
export const reportFile = 'report.md';
export const chartFile = 'chart.svg';
export const findingsFile = 'findings.json';

/** Writes the whole history of a run into a folder: as JSON lines, as a report, and as a chart. */
export const writeRun = (folder: string, run: Run): void => {
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  const writeLines = (name: string, values: readonly unknown[]) =>
    write(name, values.map((value) => `${JSON.stringify(value)}\n`).join(''));
  writeLines('requests.jsonl', run.posted);
  writeLines('reads.jsonl', run.reads);
  writeLines('samples.jsonl', run.samples);
  writeLines('faults.jsonl', run.faults);
  write(findingsFile, JSON.stringify(run.findings));
  write(reportFile, `${formatRun(run)}\n`);
  write(
    chartFile,
    drawChart(run.samples, run.faults, (kind) => faultOf(kind).parts),
  );
};
