import { isMet, type Figure, type Row } from '../parts/row.ts';
import { formatNumber } from './table.ts';

const width = 860;
const labelWidth = 400;
const barHeight = 12;
const rowHeight = 44;
const top = 40;
const farthest = 2;

const style = `<style>
  text { font: 12px system-ui, sans-serif; fill: #222 }
  .title { font-weight: 600; font-size: 14px }
  .small { fill: #666 }
  .figure, .met { fill: #2a6f97 }
  .beside { fill: #b9c6cf }
  .missed { fill: #b5482f }
  .spread, .line { stroke: #444; fill: none }
  .line { stroke-dasharray: 3 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #ddd } .small { fill: #aaa } .beside { fill: #5b6770 } .spread, .line { stroke: #ccc }
  }
</style>`;

/**
 * Draws each figure and the one that it is compared with as two bars on a scale of their own. Thin
 * lines are the minimum and maximum of the rounds.
 */
export const besideChart = (rows: readonly Row[]): string => {
  const pairs = rows.flatMap(({ measure, figure, beside }) =>
    beside === undefined ? [] : [{ measure, figure, beside }],
  );
  const lines = pairs.map(({ measure, figure, beside }, index) => {
    const y = top + index * rowHeight;
    const most = Math.max(figure.spread.high, beside.figure.spread.high);
    const scale = (value: number) => (value / most) * (width - labelWidth - 130);
    return [
      text(0, y + 12, measure),
      text(0, y + 27, `beside: ${beside.what}`, 'small'),
      bar(y, figure, 'figure', scale),
      bar(y + barHeight + 3, beside.figure, 'beside', scale),
    ].join('\n');
  });
  return svg('What was measured, and what it is beside', pairs.length, lines);
};

/** Draws the distance of each judged figure from its target. Right of the line is better. */
export const reachChart = (rows: readonly Row[]): string => {
  const judged = rows.flatMap((row) => (row.reach === undefined ? [] : [{ row, reach: row.reach }]));
  const room = width - labelWidth - 20;
  const lines = judged.map(({ row, reach }, index) => {
    const y = top + index * rowHeight;
    const figure = row.judged ?? row.figure;
    const { median } = figure.spread;
    const share = reach.is === 'at least' ? median / reach.value : reach.value / median;
    const long = (Math.min(share, farthest) / farthest) * room;
    const sign = reach.is === 'at least' ? '≥' : '≤';
    return [
      text(0, y + 12, row.measure),
      text(
        0,
        y + 27,
        `${formatNumber(median, figure.digits)} ${figure.unit}, reach ${sign} ${formatNumber(reach.value, 2).replace(/\.?0+$/, '')}`,
        'small',
      ),
      rectangle(labelWidth, y + 4, long, isMet(row) === true ? 'met' : 'missed'),
    ].join('\n');
  });
  const middle = labelWidth + room / farthest;
  const line = `<path class="line" d="M${middle} ${top - 6}V${top + judged.length * rowHeight - 12}"/>`;
  return svg('How far from its reach each figure is; the line is the reach, bars end at twice it', judged.length, [
    ...lines,
    line,
  ]);
};

const svg = (title: string, rows: number, lines: readonly string[]): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top + rows * rowHeight}" role="img">`,
    `<title>${escape(title)}</title>`,
    style,
    text(0, 18, title, 'title'),
    ...lines,
    '</svg>',
    '',
  ].join('\n');

const bar = (y: number, { spread, unit, digits }: Figure, name: string, scale: (value: number) => number): string => {
  const [low, middle, high] = [scale(spread.low), scale(spread.median), scale(spread.high)];
  const at = y + barHeight / 2;
  return [
    rectangle(labelWidth, y, middle, name),
    `<path class="spread" d="M${round(labelWidth + low)} ${at}H${round(labelWidth + high)}"/>`,
    text(labelWidth + high + 6, y + 10, `${formatNumber(spread.median, digits)} ${unit}`, 'small'),
  ].join('\n');
};

const rectangle = (x: number, y: number, long: number, name: string): string =>
  `<rect class="${name}" x="${x}" y="${y}" width="${round(long)}" height="${barHeight}"/>`;

const text = (x: number, y: number, content: string, name = ''): string =>
  `<text x="${round(x)}" y="${y}"${name === '' ? '' : ` class="${name}"`}>${escape(content)}</text>`;

const round = (value: number): string => value.toFixed(1);

const escape = (content: string): string =>
  content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
