import { memo } from 'react';
import type { History } from '../state/history.ts';
import { Chart } from './chart.tsx';
import { formatCount, formatDuration } from './format.ts';

const formatSeconds = (value: number): string => formatDuration(value * 1000);

/** The last five minutes. */
export const Charts = memo(({ history: { at, perSecond, waiting, oldestSeconds } }: { readonly history: History }) => (
  <section aria-labelledby="charts-title" className="charts">
    <h2 id="charts-title">Last 5 minutes</h2>
    <Chart title="Recorded per second" at={at} values={perSecond} format={formatCount} />
    <Chart title="Batches waiting" at={at} values={waiting} format={formatCount} />
    <Chart title="Age of the oldest" at={at} values={oldestSeconds} format={formatSeconds} />
  </section>
));
