import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import * as z from 'zod';

const measurementSchema = z.object({
  image: z.string(),
  /** The size of its own layers in bytes. */
  addedBytes: z.number(),
  /** The start time in ms (start-time.ts), only of services that log when they are up. */
  startMs: z.number().optional(),
});

/** The measurements of one image. */
export type Measurement = z.infer<typeof measurementSchema>;

const columns = ['image', 'size over its base', 'start'] as const;

/** Appends a measurement to the report if the run has requested one. */
export const reportMeasurement = (measurement: Measurement): void => {
  const file = process.env['SLUICE_MEASUREMENTS'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(measurement)}\n`);
};

/** Formats the report as an aligned Markdown table, with the machine and the commit. */
export const measurementsTable = (file: string, revision: string): string => {
  const measurements = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => measurementSchema.parse(JSON.parse(line)));
  const rows = measurements.map(({ image, addedBytes, startMs }) => [
    `\`sluice/${image}\``,
    `${(addedBytes / 1e6).toFixed(1)} MB`,
    startMs === undefined ? '' : `${(startMs / 1_000).toFixed(2)} s`,
  ]);
  const widths = columns.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const lineOf = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  const where = `On ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), commit ${revision}.`;
  return [lineOf(columns), rule, ...rows.map(lineOf), '', where].join('\n');
};

/** Writes the table between the markers of a page. */
export const writeTable = (page: string, table: string): void => {
  const before = readFileSync(page, 'utf8');
  const place = /(<!-- measurements -->\n)[^]*?(<!-- \/measurements -->)/;
  if (!place.test(before))
    throw new Error(`${page} has no <!-- measurements --> … <!-- /measurements --> to put the table in`);
  writeFileSync(
    page,
    before.replace(place, (_all, start: string, end: string) => `${start}\n${table}\n\n${end}`),
  );
};
