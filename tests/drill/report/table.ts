import { quantile } from '@sluice/bench/parts/statistics.ts';
import type { Outage } from '../checker/outages.ts';
import type { Happened } from '../schedule/run-schedule.ts';
import { formatSeconds } from './format.ts';

/** Formats the faults of a run by kind in Markdown. `outages`: times without an acknowledgement. */
export const formatFaults = (faults: readonly Happened[], outages: readonly Outage[]): string => {
  const kinds = Object.entries(Object.groupBy(faults, ({ kind }) => kind));
  const rows = kinds
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([kind, some = []]) => `| ${[kind, some.length, longestOutage(some, outages), healing(some)].join(' | ')} |`);
  return [
    '| fault | times | longest without a 201 meanwhile | whole again after, median (longest) |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
};

const longestOutage = (faults: readonly Happened[], outages: readonly Outage[]): string => {
  const meanwhile = outages.filter(({ from, to }) =>
    faults.some(({ begunAt, healedAt = Infinity }) => begunAt < to && from < healedAt),
  );
  const longest = Math.max(0, ...meanwhile.map(({ from, to }) => to - from));
  return longest === 0 ? 'under 1 s' : formatSeconds(longest);
};

const healing = (faults: readonly Happened[]): string => {
  const times = faults.flatMap(({ healingAt, healedAt }) =>
    healingAt === undefined || healedAt === undefined ? [] : [healedAt - healingAt],
  );
  return times.length === 0 ? 'never' : `${formatSeconds(quantile(times, 0.5))} (${formatSeconds(Math.max(...times))})`;
};
