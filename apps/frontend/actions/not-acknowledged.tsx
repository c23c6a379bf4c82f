import type { Problem } from '@sluice/contract/problem.ts';
import { Refusal } from './refusal.tsx';

/** A request that the API refused, or did not answer. `attempt` is what to send again. */
export type NotAcknowledged<Attempt> =
  | { readonly kind: 'refused'; readonly problem: Problem; readonly attempt: Attempt }
  | { readonly kind: 'unanswered'; readonly reason: string; readonly isSent: boolean; readonly attempt: Attempt };

type NotAcknowledgedAnswerProps<Attempt> = {
  readonly state: NotAcknowledged<Attempt>;
  readonly noun: 'count' | 'row';
  /** The text of the button that sends it again. */
  readonly label: string;
  readonly onRetry: (attempt: Attempt) => void;
};

/** The reason, and a button that sends the request again under its key where that may help. */
export const NotAcknowledgedAnswer = <Attempt,>({
  state,
  noun,
  label,
  onRetry,
}: NotAcknowledgedAnswerProps<Attempt>) => {
  const mayHelp = state.kind === 'unanswered' || state.problem.status >= 500 || state.problem.status === 401;
  return (
    <>
      {state.kind === 'refused' ? (
        <Refusal problem={state.problem} />
      ) : (
        <p className="fault">
          {`${state.reason} The ${noun} ${state.isSent ? 'may or may not be recorded' : 'was not sent'}.`}
        </p>
      )}
      {mayHelp && (
        <p>
          <button type="button" onClick={() => onRetry(state.attempt)}>
            {label}
          </button>
          <span className="hint"> Same key: recorded once.</span>
        </p>
      )}
    </>
  );
};
