import { parts } from '../faults/fault.ts';
import type { Happened } from '../schedule/run-schedule.ts';

/** The items at one time of a run. */
export type Sample = {
  /** In ms since the start of the load. */
  readonly at: number;
  readonly acknowledged: number;
  /** Undefined while the database did not answer. */
  readonly recorded: number | undefined;
};

const width = 1_200;
const left = 90;
const right = 20;
const plotWidth = width - left - right;
const panelHeight = 130;
const laneHeight = 16;
const smoothOver = 5;
const colors = { acknowledged: '#1f6feb', recorded: '#2da44e', waiting: '#bf8700', fault: '#cf222e' } as const;

type Point = { readonly at: number; readonly value: number };

/**
 * Draws a run as SVG: acknowledged and recorded items a second, items that wait, and the faults of
 * each part.
 */
export const drawChart = (
  samples: readonly Sample[],
  faults: readonly Happened[],
  partsOf: (kind: string) => readonly string[],
): string => {
  const endsAt = Math.max(1, ...samples.map(({ at }) => at), ...faults.map(({ healedAt = 0 }) => healedAt));
  const x = (at: number) => left + (plotWidth * at) / endsAt;
  const recorded = samples.flatMap(({ at, recorded: value }) => (value === undefined ? [] : [{ at, value }]));
  const acknowledged = samples.map(({ at, acknowledged: value }) => ({ at, value }));
  const rates = [
    { name: 'acknowledged', color: colors.acknowledged, points: ratesOf(acknowledged) },
    { name: 'recorded', color: colors.recorded, points: ratesOf(recorded) },
  ];
  const waiting = samples.flatMap(({ at, acknowledged: value, recorded: done }) =>
    done === undefined ? [] : [{ at, value: Math.max(0, value - done) }],
  );
  const lanes = parts.flatMap((part, index) => [
    text(left - 8, 2 * panelHeight + 84 + index * laneHeight, part, 'end'),
    ...faults
      .filter(({ kind }) => partsOf(kind).includes(part))
      .map((fault) => drawFault(fault, x, 2 * panelHeight + 72 + index * laneHeight)),
  ]);
  const height = 2 * panelHeight + 72 + parts.length * laneHeight + 34;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    drawPanel(22, 'items a second', rates, x),
    drawPanel(panelHeight + 50, 'items that wait', [{ name: 'waiting', color: colors.waiting, points: waiting }], x),
    ...lanes,
    ...drawAxis(endsAt, x, height - 10),
    '</svg>\n',
  ].join('\n');
};

/** Returns the change a second over the last samples. */
const ratesOf = (points: readonly Point[]): Point[] =>
  points.flatMap(({ at, value }, index) => {
    const former = points[Math.max(0, index - smoothOver)];
    return former === undefined || former.at === at
      ? []
      : [{ at, value: ((value - former.value) * 1_000) / (at - former.at) }];
  });

type Series = { readonly name: string; readonly color: string; readonly points: readonly Point[] };

const drawPanel = (top: number, title: string, series: readonly Series[], x: (at: number) => number): string => {
  const most = Math.max(1, ...series.flatMap(({ points }) => points.map(({ value }) => value)));
  const y = (value: number) => top + panelHeight - (panelHeight * Math.max(0, value)) / most;
  const legend = series.map(
    ({ name, color }, index) => `<tspan fill="${color}" dx="${index === 0 ? 10 : 14}">${name}</tspan>`,
  );
  return [
    `<text x="${left}" y="${top - 6}">${title}${legend.join('')}</text>`,
    `<path d="M${left} ${top}V${top + panelHeight}H${width - right}" fill="none" stroke="#888"/>`,
    text(left - 8, top + 10, Math.round(most).toLocaleString('en'), 'end'),
    text(left - 8, top + panelHeight, '0', 'end'),
    ...series.map(
      ({ color, points }) =>
        `<polyline fill="none" stroke="${color}" stroke-width="1.5" points="${points
          .map(({ at, value }) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`)
          .join(' ')}"/>`,
    ),
  ].join('\n');
};

const drawFault = (
  { kind, target, begunAt, healedAt = begunAt, effect = 'no effect' }: Happened,
  x: (at: number) => number,
  top: number,
): string => {
  const length = Math.max(2, x(healedAt) - x(begunAt));
  const title = `${kind} (${target}): ${effect}`.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<rect x="${x(begunAt).toFixed(1)}" y="${top}" width="${length.toFixed(1)}" height="${laneHeight - 4}" fill="${colors.fault}" fill-opacity="0.55"><title>${title}</title></rect>`;
};

const drawAxis = (endsAt: number, x: (at: number) => number, y: number): string[] => {
  const stepMs = endsAt > 300_000 ? 60_000 : 15_000;
  return Array.from({ length: Math.floor(endsAt / stepMs) + 1 }, (_, index) =>
    text(x(index * stepMs), y, stepMs === 60_000 ? `${index} min` : `${index * 15} s`, 'middle'),
  );
};

const text = (x: number, y: number, content: string, anchor: string): string =>
  `<text x="${x.toFixed(1)}" y="${y}" text-anchor="${anchor}">${content}</text>`;
