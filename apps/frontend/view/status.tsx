import type { ReactNode } from 'react';
import type { Verdict } from '../state/evaluate.ts';

type StatusProps = {
  readonly verdict: Verdict;
  /** The form that the status asks the user to fill in. */
  readonly children: ReactNode;
};

/** The sentence that describes the state of the pipeline. */
export const Status = ({ verdict: { tone, sentence, advice, command }, children }: StatusProps) => (
  <section className="status" data-tone={tone} aria-label="Status">
    <div role="status">
      <p className="sentence">{sentence}</p>
      <p className="advice">
        <span>{command === undefined ? advice : `${advice} `}</span>
        {command !== undefined && <code>{command}</code>}
      </p>
    </div>
    {children}
  </section>
);
