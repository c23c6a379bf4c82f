import { lazy, memo, Suspense } from 'react';
import { ErrorBoundary } from 'react-error-boundary';
import type { History } from '../state/history.ts';
import { ChartsFailure } from './failure.tsx';
import { formatCount, formatDuration } from './format.ts';

// Loaded lazily: the chart code is a fifth of the script, and the page works without it.
const Chart = lazy(async () => ({ default: (await import('./chart.tsx')).Chart }));

const formatSeconds = (value: number): string => formatDuration(value * 1000);

/** The charts of the last five minutes. */
export const Charts = memo((props: { readonly history: History }) => (
  <ErrorBoundary FallbackComponent={ChartsFailure}>
    <Suspense fallback={<section className="charts" data-loading="true" />}>
      <AllCharts {...props} />
    </Suspense>
  </ErrorBoundary>
));

const AllCharts = ({ history: { at, perSecond, waiting, oldestSeconds } }: { readonly history: History }) => (
  <section aria-labelledby="charts-title" className="charts">
    <h2 id="charts-title">Last 5 minutes</h2>
    <Chart title="Recorded per second" at={at} values={perSecond} format={formatCount} />
    <Chart title="Batches waiting" at={at} values={waiting} format={formatCount} />
    <Chart title="Age of oldest batch" at={at} values={oldestSeconds} format={formatSeconds} />
  </section>
);
