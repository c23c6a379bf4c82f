import type { Problem } from '@sluice/contract/problem.ts';
import { maxCountsPerRequest } from '@sluice/contract/routes.ts';
import { useState } from 'react';
import { createKey, postCounts } from '../requests/post.ts';
import { formatCount, formatDuration } from './format.ts';
import type { PostParts } from './post.tsx';
import { Refusal } from './refusal.tsx';

// 300 batches: they come in faster than one consumer records them.
const requests = 30;
const requestsAtOnce = 4;
const burstSize = requests * maxCountsPerRequest;

type BurstState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'sending'; readonly accepted: number }
  | { readonly kind: 'done'; readonly accepted: number; readonly ms: number }
  | { readonly kind: 'failed'; readonly accepted: number; readonly fault: Problem | string };

/** Many batches at once, to watch the queue fill and drain. */
export const Burst = ({ sluice, token, onTokenNeeded }: PostParts) => {
  const [state, setState] = useState<BurstState>({ kind: 'idle' });

  const run = async () => {
    const startedAt = performance.now();
    const first = Math.floor(Date.now() / 1000);
    let sent = 0;
    let accepted = 0;
    let fault: Problem | string | undefined;
    const sendOn = async () => {
      while (sent < requests && fault === undefined) {
        const from = first + sent * maxCountsPerRequest;
        sent += 1;
        const counts = Array.from({ length: maxCountsPerRequest }, (_, index) => from + index);
        // oxlint-disable-next-line no-await-in-loop -- one request after the other
        const outcome = await postCounts(counts, { key: createKey(), token });
        if (outcome.kind === 'answered') {
          accepted += outcome.body.accepted;
          sluice.seeHost(outcome.body.hostname);
          setState({ kind: 'sending', accepted });
        } else fault = outcome.kind === 'refused' ? outcome.problem : outcome.reason;
      }
    };
    setState({ kind: 'sending', accepted });
    await Promise.all(Array.from({ length: requestsAtOnce }, sendOn));
    if (fault === undefined) return setState({ kind: 'done', accepted, ms: performance.now() - startedAt });
    if (typeof fault === 'object' && fault.status === 401) onTokenNeeded();
    return setState({ kind: 'failed', accepted, fault });
  };

  return (
    <div className="action">
      <div className="line">
        <p className="what">
          <span>A burst</span>
          <span className="hint">{formatCount(burstSize)} counts at once</span>
        </p>
        <button
          type="button"
          aria-disabled={state.kind === 'sending'}
          onClick={() => {
            if (state.kind !== 'sending') void run();
          }}
        >
          Burst
        </button>
      </div>
      <div className="answer brief" role="status" aria-label="Answer to the burst">
        <Progress state={state} />
      </div>
    </div>
  );
};

const Progress = ({ state }: { readonly state: BurstState }) => {
  switch (state.kind) {
    case 'idle':
      return <p className="hint">The reservoir fills, then drains.</p>;
    case 'sending':
      return <p>{formatCount(state.accepted)} acknowledged …</p>;
    case 'done':
      return (
        <p>
          <strong>{formatCount(state.accepted)}</strong> acknowledged in {formatDuration(state.ms)}
        </p>
      );
    case 'failed':
      return (
        <>
          <p>{formatCount(state.accepted)} acknowledged before it ended.</p>
          {typeof state.fault === 'string' ? <p className="fault">{state.fault}</p> : <Refusal problem={state.fault} />}
        </>
      );
  }
};
