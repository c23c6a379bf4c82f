import { groups, sum, sumBy, type Line, type Month } from './month.ts';
import { estimatedFactor, prices, pricesAsOf, type PriceName } from './prices.ts';

/** The month of each environment, with the environment's name. */
export type Months = readonly { readonly name: string; readonly month: Month }[];

const dollars = (usd: number): string => usd.toFixed(2);
// Estimated prices get a mark.
const marked = (usd: number, isEstimated: boolean): string => `${isEstimated ? '~' : ''}${dollars(usd)}`;

/** Aligns rows in columns. Columns of numbers, given by index, are aligned to the right. */
const align = (rows: readonly (readonly string[])[], isNumber: (column: number) => boolean): string => {
  const widths = (rows[0] ?? []).map((_cell, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const pad = (cell: string, column: number) =>
    isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0);
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
};

const notes = [
  `US dollars a month, before tax, without free allowances and traffic between zones. Prices as of ${pricesAsOf} (sources: infra/cost/prices.ts).`,
  `~ marks estimates, for which no source was found. For eu-central-1, the estimate is us-east-1 × ${estimatedFactor}.`,
].join('\n');

const regionsOf = (lines: readonly Line[]): string[] => [
  marked(
    sum(lines, 'usEast1'),
    lines.some((line) => line.usEast1 > 0 && line.isEstimated['us-east-1']),
  ),
  marked(
    sum(lines, 'euCentral1'),
    lines.some((line) => line.euCentral1 > 0 && line.isEstimated['eu-central-1']),
  ),
];

/** Formats environments next to each other, by group. */
export const reportAll = (months: Months): string => {
  const rows = [...groups, 'total'].map((group) =>
    [group].concat(
      months.flatMap(({ month }) => regionsOf(month.lines.filter((line) => group === 'total' || line.group === group))),
    ),
  );
  const perMillion = (load: 'alone' | 'together') => months.flatMap(({ month }) => [dollars(sumOf(month, load)), '']);
  const table = [
    ['idle', ...months.flatMap(({ name }) => [`${name} us-east-1`, 'eu-central-1'])],
    ...rows,
    ['per 1,000,000 counts, one per request', ...perMillion('alone')],
    ['per 1,000,000 counts, 1,000 per request', ...perMillion('together')],
  ];
  return `${align(table, (column) => column > 0)}\n\n${notes}`;
};

const sumOf = ({ lines }: Month, load: 'alone' | 'together'): number =>
  lines.reduce((total, { perMillion }) => total + perMillion[load], 0);

/**
 * Formats one environment by resource, then its largest items with ways to lower them. Unless
 * `isShort` is set, free resources follow.
 */
export const reportOne = (name: string, month: Month, { isShort = false } = {}): string => {
  const ordered = month.lines.toSorted(
    (one, other) => groups.indexOf(one.group) - groups.indexOf(other.group) || other.usEast1 - one.usEast1,
  );
  const rows = ordered.map((line) => [
    line.resource.replace(`${name}/`, ''),
    line.what,
    `${Number(line.idle.toFixed(2))} ${prices[line.price].unit}`,
    marked(line.usEast1, line.isEstimated['us-east-1']),
    marked(line.euCentral1, line.isEstimated['eu-central-1']),
    line.perMillion.alone === 0 ? '' : line.perMillion.alone.toFixed(3),
    line.perMillion.together === 0 ? '' : line.perMillion.together.toFixed(3),
  ]);
  const table = [
    ['resource', 'what', 'a month', 'us-east-1', 'eu-central-1', 'per M single', 'per M lists'],
    ...rows,
    ['total', '', '', ...regionsOf(ordered), sumOf(month, 'alone').toFixed(3), sumOf(month, 'together').toFixed(3)],
  ];
  const freeKinds = month.free.map(({ type, count, why }) => [`  ${count}`, type, why]);
  return [
    `${name}, idle`,
    '',
    align(table, (column) => column > 1),
    '',
    'single: one count per request; lists: 1,000 counts per request. Both at us-east-1 prices.',
    notes,
    '',
    'Largest items:',
    ...largest(month).map(
      ({ what, usEast1, lower }, index) => `  ${index + 1}. ${what}: ${dollars(usEast1)}. ${lower}`,
    ),
    ...(isShort ? [] : ['', 'Free:', align(freeKinds, (column) => column === 0)]),
  ].join('\n');
};

type Lever = { readonly what: string; readonly prices: readonly PriceName[]; readonly lower: string };

/** Items that are bought together, and ways to lower their cost. */
const levers: readonly Lever[] = [
  {
    what: 'NAT gateways and their addresses',
    prices: ['natHour', 'publicAddressHour'],
    lower:
      'Fewer NAT gateways (network.natGateways; with interface endpoints, nothing uses them today), or your own NAT instance, which you must maintain',
  },
  {
    what: 'Interface endpoints',
    prices: ['endpointHour'],
    lower:
      'No endpoints (network.hasInterfaceEndpoints): tasks reach AWS through NAT, and a compromised task can exfiltrate data',
  },
  {
    what: 'The load balancer',
    prices: ['loadBalancerHour', 'loadBalancerUnitHour'],
    lower: 'Fixed: CloudFront reaches the API through it',
  },
  {
    what: 'Tasks',
    prices: ['armCpuHour', 'armMemoryHour', 'spotCpuHour', 'spotMemoryHour'],
    lower: 'Smaller or fewer tasks (producer, consumer), Fargate Spot (isSpot), a savings plan',
  },
  {
    what: 'MySQL',
    prices: ['databaseMicroHour', 'databaseSmallHour', 'databaseM7gLargeHour', 'databaseStorage', 'databaseBackup'],
    lower:
      'A smaller instance (database.instanceType), one zone (database.isMultiAz), a reservation for one year: about 30 % less',
  },
  {
    what: 'Valkey',
    prices: ['cacheStorageHour', 'cacheRequests', 'cacheM7gLargeHour'],
    lower: 'Serverless instead of nodes (queue.kind), which may lose writes of a failed node; reserved nodes',
  },
  {
    what: 'Metrics, alarms, dashboards and logs',
    prices: ['metric', 'alarmMetric', 'dashboard', 'logGb'],
    lower:
      'No Container Insights (hasContainerInsights); fewer metrics. A standalone account has 10 metrics, 10 alarms and 3 dashboards free',
  },
];

/** Returns the three largest groups of items that are bought together. */
const largest = ({ lines }: Month): { what: string; usEast1: number; lower: string }[] =>
  levers
    .map(({ what, prices: names, lower }) => ({
      what,
      lower,
      usEast1: sumBy(
        lines.filter(({ price }) => names.includes(price)),
        () => what,
      ).reduce((total, { usEast1 }) => total + usEast1, 0),
    }))
    .toSorted((one, other) => other.usEast1 - one.usEast1)
    .slice(0, 3);
