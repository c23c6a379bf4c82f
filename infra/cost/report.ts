import type { Environment } from '../schema/environment.ts';
import type { StackTemplate } from '../policy/template.ts';
import { groups } from './item.ts';
import { monthOf, sum, type Line, type Sum } from './month.ts';
import { prices, pricesAsOf, type PriceName } from './prices.ts';
import type { LoadName } from './usage.ts';

/** The month of an environment in its region. */
export type Month = { readonly name: string; readonly region: string; readonly lines: readonly Line[] };

/** Returns the month of each environment in its region. */
export const monthsOf = (environments: readonly Environment[], templates: readonly StackTemplate[]): Month[] =>
  environments.map(({ name, region }) => ({
    name,
    region,
    lines: monthOf(
      templates.filter(({ stack }) => stack.startsWith(`${name}/`)),
      region,
    ),
  }));

const dollars = (usd: number | undefined, digits = 2): string => (usd === undefined ? 'unknown' : usd.toFixed(digits));
const formatAdded = (usd: number | undefined): string => (usd === 0 ? '' : dollars(usd, 3));
const formatSum = ({ usd, isComplete }: Sum, digits = 2): string => `${isComplete ? '' : '≥ '}${dollars(usd, digits)}`;
const sumOfLoad = (lines: readonly Line[], load: LoadName): string =>
  formatSum(
    sum(lines, ({ perMillionUsd }) => perMillionUsd[load]),
    3,
  );

/** Aligns rows in columns. Columns of numbers, from the given one, are aligned to the right. */
const align = (rows: readonly (readonly string[])[], firstNumber: number): string => {
  const widths = (rows[0] ?? []).map((_cell, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const pad = (cell: string, column: number) =>
    column < firstNumber ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
};

/** Returns the notes below a table: what its numbers are, and AWS's pages for unknown prices. */
const notesOn = (months: readonly Month[]): string => {
  const unknown = months.flatMap(({ region, lines }) =>
    lines
      .filter(({ idleUsd, perMillionUsd }) => [idleUsd, ...Object.values(perMillionUsd)].includes(undefined))
      .map(({ group, what, price }) => `  ${group}, ${what}, in ${region}: https://${pageOf(price)}`),
  );
  return [
    '1 M single, 1 M lists: what the first million counts of a month add, one or 1,000 in a request.',
    `US dollars a month, before tax and free allowances, as of ${pricesAsOf} (sources: infra/cost/prices.ts).`,
    ...(unknown.length === 0 ? [] : ['Unknown prices, which sums (≥) leave out:', ...new Set(unknown)]),
  ].join('\n');
};

const pageOf = (price: PriceName): string => prices[price].page;

/** Formats environments next to each other, by group, each at the prices of its region. */
export const reportAll = (months: readonly Month[]): string => {
  const row = (name: string, cell: (month: Month) => string) => [name, ...months.map(cell)];
  const table = [
    row('idle', ({ name }) => name),
    row('', ({ region }) => region),
    ...groups.map((group) => row(group, ({ lines }) => formatSum(sum(lines.filter((line) => line.group === group))))),
    row('total', ({ lines }) => formatSum(sum(lines))),
    row('1 M single', ({ lines }) => sumOfLoad(lines, 'single')),
    row('1 M lists', ({ lines }) => sumOfLoad(lines, 'lists')),
  ];
  return `${align(table, 1)}\n\n${notesOn(months)}`;
};

/** Formats one environment by resource, at the prices of its region. */
export const reportOne = (month: Month): string => {
  const { name, region, lines } = month;
  const ordered = lines.toSorted(
    (one, other) =>
      groups.indexOf(one.group) - groups.indexOf(other.group) || (other.idleUsd ?? 0) - (one.idleUsd ?? 0),
  );
  const table = [
    ['resource', 'what', 'a month', 'idle', '1 M single', '1 M lists'],
    ...ordered.map(({ resource, what, idle, price, idleUsd, perMillionUsd }) => [
      resource.replace(`${name}/`, ''),
      what,
      `${Number(idle.toFixed(2))} ${prices[price].unit}`,
      dollars(idleUsd),
      formatAdded(perMillionUsd.single),
      formatAdded(perMillionUsd.lists),
    ]),
    ['total', '', '', formatSum(sum(lines)), sumOfLoad(lines, 'single'), sumOfLoad(lines, 'lists')],
  ];
  return `${name} in ${region}\n\n${align(table, 2)}\n\n${notesOn([month])}`;
};
