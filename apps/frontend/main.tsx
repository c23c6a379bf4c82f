// oxlint-disable-next-line import/no-unassigned-import -- it sets up zod before a schema is made
import './jitless.ts';
// oxlint-disable-next-line import/no-unassigned-import -- it sets up what uPlot reads as it is loaded
import './language.ts';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createConsole } from './state/console.ts';
import { App } from './view/app.tsx';

const place = document.querySelector('#console');
if (place === null) throw new Error('index.html has no element #console');

const sluice = createConsole();
sluice.start();
createRoot(place).render(
  <StrictMode>
    <App sluice={sluice} />
  </StrictMode>,
);
