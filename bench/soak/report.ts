import { formatNumber } from '../report/table.ts';
import { quantile } from '../parts/statistics.ts';
import type { Gauge } from './gauges.ts';

/** A gauge with its value in each interval. */
export type Course = { readonly gauge: Gauge; readonly values: readonly number[] };

const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const barsAtMost = 30;

/** Formats the courses of a run in Markdown. */
export const formatCourses = (courses: readonly Course[]): string =>
  [
    '| measure | first | last | lowest – highest | course |  |',
    '| --- | --- | --- | --- | --- | --- |',
    ...courses.map((course) => `| ${cellsOf(course).join(' | ')} |`),
  ].join('\n');

const cellsOf = ({ gauge: { what, unit, digits = 0, mayDiffer }, values }: Course): string[] => {
  const text = (value: number | undefined) => formatNumber(value ?? Number.NaN, digits);
  return [
    what,
    `${text(values[0])} ${unit}`,
    `${text(values.at(-1))} ${unit}`,
    `${text(Math.min(...values))} – ${text(Math.max(...values))}`,
    draw(values),
    mayDiffer === undefined ? '' : growthOf(values) <= mayDiffer ? 'flat' : 'GROWS',
  ];
};

/**
 * Returns by how much the last third is above the third before it, by their medians. The first
 * third does not count: caches and pools fill up.
 */
const growthOf = (values: readonly number[]): number => {
  const third = Math.max(1, Math.floor(values.length / 3));
  const [before, last] = [values.slice(-2 * third, -third), values.slice(-third)];
  return quantile(last, 0.5) - quantile(before, 0.5);
};

/** Draws values as bars from 0 to their maximum, at most 30: each is the median of its share. */
const draw = (values: readonly number[]): string => {
  const length = Math.min(barsAtMost, values.length);
  const most = Math.max(...values);
  return Array.from({ length }, (_, index) => {
    const [from, to] = [index, index + 1].map((place) => Math.floor((place * values.length) / length));
    const height = quantile(values.slice(from, to), 0.5) / most;
    return bars[Math.min(bars.length - 1, Math.floor(height * bars.length))] ?? bars[0];
  }).join('');
};
