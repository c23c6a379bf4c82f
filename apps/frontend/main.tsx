// oxlint-disable-next-line import/no-unassigned-import -- reports errors of the other modules
import './report-failure.ts';
// oxlint-disable-next-line import/no-unassigned-import -- uPlot reads this while it loads
import './language.ts';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ErrorBoundary } from 'react-error-boundary';
import { createConsole } from './state/console.ts';
import { App } from './view/app.tsx';
import { Failure } from './view/failure.tsx';

const place = document.querySelector('#console');
if (place === null) throw new Error('index.html has no element #console');

const sluice = createConsole();
sluice.start();
createRoot(place).render(
  <StrictMode>
    <ErrorBoundary FallbackComponent={Failure}>
      <App sluice={sluice} />
    </ErrorBoundary>
  </StrictMode>,
);
