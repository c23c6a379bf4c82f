import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '@sluice/local/folder.ts';
import { isMet, type Figure, type Row } from '../parts/row.ts';

/** Formats a number with thousands separators. */
export const formatNumber = (value: number, digits: number): string =>
  value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });

const withUnit = (text: string, unit: string): string => (unit === '×' ? text : `${text} ${unit}`);

const formatMedian = ({ spread, unit, digits }: Figure): string => withUnit(formatNumber(spread.median, digits), unit);

const formatSpread = ({ spread, unit, digits }: Figure): string => {
  const [median, low, high] = [spread.median, spread.low, spread.high].map((value) => formatNumber(value, digits));
  return withUnit(`${median} (${low} – ${high})`, unit);
};

/** Formats a row of the table in Markdown. */
export const formatRow = (row: Row): string => {
  const { measure, figure, limit, compared = figure, target } = row;
  const cells = [
    measure,
    formatMedian(figure),
    limit === undefined ? '' : `${formatMedian(limit.figure)}: ${limit.what}`,
    formatSpread(compared),
    target === undefined ? '' : `${target.is === 'at least' ? '≥' : '≤'} ${target.value}`,
    target === undefined ? '' : isMet(compared, target) ? 'met' : 'NOT MET',
  ];
  return `| ${cells.join(' | ')} |`;
};

/** Formats a run in Markdown: what it is about, and its table. */
export const formatRun = (rows: readonly Row[], about: readonly string[]): string =>
  [
    ...about.map((line) => `- ${line}`),
    '',
    '| measure | figure | compared with | result (lowest – highest) | target |  |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows.map(formatRow),
  ].join('\n');

/** Replaces the last run on this kind of database in docs/benchmarks.md. */
export const writeRun = (run: string): void => {
  const database = /^- Versions: .*MariaDB/m.test(run) ? 'MariaDB' : 'MySQL';
  write('docs/benchmarks.md', `npm run bench on ${database}`, run);
};

/** Replaces the last long run in docs/benchmarks.md. */
export const writeSoak = (run: string): void => write('docs/benchmarks.md', 'npm run soak', run);

/** Replaces the last comparison in docs/peers.md. */
export const writePeers = (run: string): void => write('docs/peers.md', 'npm run bench:peers', run);

/**
 * Replaces the last full run of the drill in docs/proof.md.
 * @internal
 */
export const writeDrill = (run: string): void => write('docs/proof.md', 'npm run drill', run);

/**
 * Replaces the text of a document between the markers of its writer, and formats the document.
 * Throws if it has no such markers.
 */
const write = (document: string, writer: string, text: string): void => {
  const file = join(repository, document);
  const place = new RegExp(`(<!-- ${writer} writes from here -->\\n)[^]*?(\\n<!-- to here -->)`);
  const before = readFileSync(file, 'utf8');
  if (!place.test(before))
    throw new Error(`${document} has no place for ${writer}: <!-- ${writer} writes from here -->`);
  writeFileSync(
    file,
    before.replace(place, (_all, begin: string, end: string) => `${begin}\n${text}\n${end}`),
  );
  execFileSync(process.execPath, [join(repository, 'node_modules/oxfmt/bin/oxfmt'), file]);
};
