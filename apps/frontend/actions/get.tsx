import { useState } from 'react';
import type { Outcome } from '../requests/ask.ts';
import { readTotal, type Total } from '../requests/reads.ts';
import type { Console } from '../state/console.ts';
import { formatCount } from '../view/format.ts';
import { Refusal } from './refusal.tsx';

/** The action that sends `GET /count`. */
export const Get = ({ sluice }: { readonly sluice: Console }) => {
  const [outcome, setOutcome] = useState<Outcome<Total>>();
  const run = async () => {
    const next = await readTotal(sluice.read().token);
    if (next.kind === 'answered') sluice.seeHost(next.body.hostname);
    setOutcome(next);
  };
  return (
    <div className="action">
      <div className="line">
        <p className="what">
          <span>The database</span>
          <span className="hint">rows and latest value, now</span>
        </p>
        <button type="button" onClick={() => void run()}>
          GET
        </button>
      </div>
      <div className="answer brief" role="status" aria-label="Answer to GET">
        {outcome === undefined ? (
          <p className="hint">Sends GET /count and shows the answer.</p>
        ) : (
          <Answer outcome={outcome} />
        )}
      </div>
    </div>
  );
};

const Answer = ({ outcome }: { readonly outcome: Outcome<Total> }) => {
  switch (outcome.kind) {
    case 'answered':
      return (
        <>
          <p>
            <strong>{formatCount(outcome.body.rows_count)}</strong>
            <span> rows, latest </span>
            <strong>{formatCount(outcome.body.latest_value)}</strong>
            <span>{`, from ${outcome.body.hostname}`}</span>
          </p>
          <p className="hint">
            The latest value is that of the row with the highest id. After an outage it may not be the last one posted.
          </p>
          <details>
            <summary>JSON</summary>
            <pre>{JSON.stringify(outcome.body, undefined, 2)}</pre>
          </details>
        </>
      );
    case 'refused':
      return <Refusal problem={outcome.problem} />;
    case 'unsent':
    case 'unanswered':
      return <p className="fault">{outcome.reason}</p>;
  }
};
