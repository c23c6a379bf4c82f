import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import * as z from 'zod';

const measurementSchema = z.object({
  image: z.string(),
  /** Of what its own layers hold, in bytes. */
  addedBytes: z.number(),
  /** How long it takes to start (start-time.ts), in ms; only of what says when it is up. */
  startMs: z.number().optional(),
});

/** What was measured of one image. */
export type Measurement = z.infer<typeof measurementSchema>;

const columns = ['image', 'size over its base', 'start'] as const;

/** Notes a measurement, where the run of all checks wants to hear of it. */
export const reportMeasurement = (measurement: Measurement): void => {
  const file = process.env['SLUICE_MEASUREMENTS'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(measurement)}\n`);
};

/** What was noted, as an aligned table in Markdown, and where it was. */
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

/** Puts the table between the markers of a page. */
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
