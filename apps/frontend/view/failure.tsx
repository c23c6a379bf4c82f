import type { FallbackProps } from 'react-error-boundary';

const reload = () => window.location.reload();

/** The replacement for the page after it threw. */
export const Failure = ({ error }: FallbackProps) => (
  <main>
    <h1>Sluice</h1>
    <section className="status" data-tone="trouble" aria-label="Status">
      <div role="alert">
        <p className="sentence">The page failed.</p>
        <p className="advice">
          An error stopped it. Sluice itself keeps running. Reload the page. If it fails again, turn off extensions and
          translation in this browser.
        </p>
        <ErrorText error={error} />
      </div>
    </section>
    <button type="button" className="main" onClick={reload}>
      Reload
    </button>
  </main>
);

/** The replacement for the charts after they threw or failed to load. */
export const ChartsFailure = ({ error }: FallbackProps) => (
  <section className="charts" aria-labelledby="charts-title">
    <h2 id="charts-title">Last 5 minutes</h2>
    <PartFailure error={error}>
      The charts failed. The rest of the page works. Reload the page to show them again.
    </PartFailure>
  </section>
);

/** The replacement for the parts of a table after they threw or failed to load. */
export const TableFailure = ({ error }: FallbackProps) => (
  <div className="side">
    <PartFailure error={error}>
      The table failed. The rest of the page works. Reload the page to show it again.
    </PartFailure>
  </div>
);

const PartFailure = ({ error, children }: { readonly error: unknown; readonly children: string }) => (
  <div role="alert" className="answer">
    <p className="fault">{children}</p>
    <ErrorText error={error} />
    <button type="button" onClick={reload}>
      Reload
    </button>
  </div>
);

const ErrorText = ({ error }: { readonly error: unknown }) => (
  <p className="hint">{error instanceof Error ? `${error.name}: ${error.message}` : String(error)}</p>
);
