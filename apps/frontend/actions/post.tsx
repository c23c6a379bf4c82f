import { useState, type SubmitEvent } from 'react';
import { createKey, postCount } from '../requests/post.ts';
import type { Console } from '../state/console.ts';
import { parseCount } from '../state/parse-count.ts';
import { formatCount, formatDuration } from '../view/format.ts';
import { NotAcknowledgedAnswer, type NotAcknowledged } from './not-acknowledged.tsx';

/** The dependencies of the actions that post. */
export type PostProps = {
  readonly sluice: Console;
  readonly token: string;
  readonly onTokenNeeded: () => void;
};

/** A request that is safe to resend: under its key the count is recorded once. */
type Attempt = {
  readonly count: number;
  readonly key: string;
  /** The newest row before the first attempt. The row of this count has a higher id. */
  readonly afterId: string;
};

type PostState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'invalid'; readonly problem: string }
  | { readonly kind: 'sending' }
  | {
      readonly kind: 'accepted';
      readonly value: number;
      readonly ms: number;
      readonly host: string;
      /** The time from the click until the row was on the page, in ms. */
      readonly recordedMs: number | 'awaited' | 'unseen';
    }
  | NotAcknowledged<Attempt>;

/** The action that posts one count: the typed one, or the current time. */
export const Post = ({ sluice, token, onTokenNeeded }: PostProps) => {
  const [text, setText] = useState('');
  const [state, setState] = useState<PostState>({ kind: 'idle' });

  const send = async (attempt: Attempt) => {
    const startedAt = performance.now();
    setState({ kind: 'sending' });
    const outcome = await postCount(attempt.count, { key: attempt.key, token });
    if (outcome.kind === 'unanswered' || outcome.kind === 'unsent') {
      const isSent = outcome.kind === 'unanswered';
      return setState({ kind: 'unanswered', reason: outcome.reason, isSent, attempt });
    }
    if (outcome.kind === 'refused') {
      if (outcome.problem.status === 401) onTokenNeeded();
      return setState({ kind: 'refused', problem: outcome.problem, attempt });
    }
    const { value, hostname } = outcome.body;
    const accepted = { kind: 'accepted', value, ms: outcome.ms, host: hostname, recordedMs: 'awaited' } as const;
    sluice.seeHost(hostname);
    setState(accepted);
    const isSeen = await sluice.untilRecorded(value, attempt.afterId);
    const recordedMs = isSeen ? performance.now() - startedAt : 'unseen';
    // Another request may be in progress by now.
    return setState((current) => (current === accepted ? { ...accepted, recordedMs } : current));
  };

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (state.kind === 'sending') return;
    // oxlint-disable-next-line no-restricted-properties -- an empty text is the current time
    const parsed = parseCount(text, Date.now());
    if ('problem' in parsed) setState({ kind: 'invalid', problem: parsed.problem });
    else void send({ count: parsed.count, key: createKey(), afterId: sluice.read().rows?.[0]?.id ?? '0' });
  };

  const isInvalid = state.kind === 'invalid';
  return (
    <form onSubmit={submit} noValidate className="action">
      <label htmlFor="count">A count</label>
      <div className="line">
        <input
          id="count"
          autoComplete="off"
          placeholder="current Unix time"
          value={text}
          aria-invalid={isInvalid}
          aria-describedby="post-answer"
          onChange={(event) => setText(event.target.value)}
        />
        <button type="submit" className="main" aria-disabled={state.kind === 'sending'}>
          POST
        </button>
      </div>
      <div className="answer" id="post-answer" role="status" aria-label="Answer to POST">
        <Answer state={state} onRetry={(attempt) => void send(attempt)} />
      </div>
    </form>
  );
};

type AnswerProps = { readonly state: PostState; readonly onRetry: (attempt: Attempt) => void };

const Answer = ({ state, onRetry }: AnswerProps) => {
  switch (state.kind) {
    case 'idle':
      return <p className="hint">An integer; empty posts the Unix time.</p>;
    case 'invalid':
      return <p className="fault">{state.problem}</p>;
    case 'sending':
      return <p className="hint">Sending …</p>;
    case 'accepted':
      return (
        <p>
          <strong>{formatCount(state.value)}</strong>
          <span>{` acknowledged in ${formatDuration(state.ms)} by ${state.host}`}</span>
          <br />
          <RecordedAfter recordedMs={state.recordedMs} />
        </p>
      );
    case 'refused':
    case 'unanswered':
      return (
        <NotAcknowledgedAnswer
          state={state}
          noun="count"
          label={`Send ${formatCount(state.attempt.count)} again`}
          onRetry={onRetry}
        />
      );
  }
};

const RecordedAfter = ({ recordedMs }: { readonly recordedMs: number | 'awaited' | 'unseen' }) => {
  if (recordedMs === 'awaited') return <span>Waiting to be recorded …</span>;
  if (recordedMs === 'unseen') return <span>Not among the newest rows yet.</span>;
  return (
    <span
      data-recorded-ms={Math.round(recordedMs)}
    >{`Recorded and shown here after ${formatDuration(recordedMs)}`}</span>
  );
};
