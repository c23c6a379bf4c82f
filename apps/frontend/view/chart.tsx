import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import { historySeconds } from '../state/history.ts';
import { formatHourAndMinute, formatShort, unknownFigure } from './format.ts';

type ChartProps = {
  readonly title: string;
  /** The times in seconds since 1970. `values` has one value for each. */
  readonly at: readonly number[];
  readonly values: readonly (number | null)[];
  readonly format: (value: number) => string;
};

const heightPx = 176;
const axisFont = '11px system-ui, sans-serif';
const darkScheme = '(prefers-color-scheme: dark)';

/** A line chart of the last five minutes. */
export const Chart = ({ title, at, values, format }: ChartProps) => {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);

  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const drawn = new uPlot(optionsOf(element), [[], []], element);
    plot.current = drawn;
    const resized = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height: heightPx }));
    resized.observe(element);
    const scheme = matchMedia(darkScheme);
    const redraw = () => drawn.redraw(false, true);
    scheme.addEventListener('change', redraw);
    return () => {
      scheme.removeEventListener('change', redraw);
      resized.disconnect();
      drawn.destroy();
    };
  }, []);

  useEffect(() => {
    plot.current?.setData([[...at], [...values]]);
  }, [at, values]);

  const known = values.filter((value) => value !== null);
  const last = values.at(-1) ?? null;
  const now = last === null ? unknownFigure : format(last);
  const most = known.length === 0 ? unknownFigure : format(Math.max(...known));
  return (
    <figure className="chart">
      <figcaption>
        <span className="chart-title">{title}</span>
        <span className="chart-now">{now}</span>
        <span className="chart-most">{`max ${most}`}</span>
      </figcaption>
      <div
        className="plot"
        ref={place}
        role="img"
        aria-label={`${title} over 5 minutes: now ${now}, maximum ${most}`}
      />
    </figure>
  );
};

const optionsOf = (element: HTMLElement): uPlot.Options => {
  const colour = (name: string) => getComputedStyle(element).getPropertyValue(name).trim();
  const axis = {
    stroke: () => colour('--muted'),
    font: axisFont,
    ticks: { show: false },
  };
  return {
    width: element.clientWidth,
    height: heightPx,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: true, range: () => [nowSeconds() - historySeconds, nowSeconds()] },
      // A minimum range, so that one batch never fills the height.
      y: { range: (_plot, _least, most) => [0, Math.max(5, (most ?? 0) * 1.15)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 24,
        // Whole minutes, because the labels show only minutes.
        incrs: [60],
        space: 40,
        values: (_plot, moments) => moments.map(formatHourAndMinute),
      },
      {
        ...axis,
        grid: { stroke: () => colour('--line'), width: 1 },
        size: 44,
        space: 36,
        values: (_plot, marks) => marks.map(formatShort),
      },
    ],
    series: [
      {},
      {
        stroke: () => colour('--water'),
        fill: () => colour('--water-soft'),
        width: 1.5,
        points: { show: false },
      },
    ],
  };
};

// oxlint-disable-next-line no-restricted-properties -- the axis shows times of day
const nowSeconds = () => Date.now() / 1000;
