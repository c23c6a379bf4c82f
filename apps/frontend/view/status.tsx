import type { Verdict } from '../state/judge.ts';

/** The sentence that says how the pipeline is. */
export const Status = ({ verdict: { tone, sentence, advice, command } }: { readonly verdict: Verdict }) => (
  <section className="status" data-tone={tone} aria-label="Status">
    <div role="status">
      <p className="sentence">{sentence}</p>
      <p className="advice">
        {advice}
        {command !== undefined && (
          <>
            {' '}
            <code>{command}</code>
          </>
        )}
      </p>
    </div>
  </section>
);
