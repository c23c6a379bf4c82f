import type { FallbackProps } from 'react-error-boundary';

const reload = () => window.location.reload();

/** The replacement for the page after it threw. */
export const Failure = ({ error }: FallbackProps) => (
  <main>
    <h1>Sluice</h1>
    <section className="status" data-tone="trouble" aria-label="Status">
      <div role="alert">
        <p className="sentence">This page has failed.</p>
        <p className="advice">
          An error stopped it; Sluice itself goes on. Reload the page. If it fails again, turn off what changes pages in
          this browser, such as a translation or an extension.
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
    <div role="alert" className="answer">
      <p className="fault">
        The charts cannot be shown; all else goes on. After a new release of the page, or when the network failed, a
        reload brings them back.
      </p>
      <ErrorText error={error} />
      <button type="button" onClick={reload}>
        Reload
      </button>
    </div>
  </section>
);

const ErrorText = ({ error }: { readonly error: unknown }) => (
  <p className="hint">{error instanceof Error ? `${error.name}: ${error.message}` : String(error)}</p>
);
