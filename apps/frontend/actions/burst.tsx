import type { Problem } from '@sluice/contract/problem.ts';
import { maxCountsPerRequest } from '@sluice/contract/routes.ts';
import { useState } from 'react';
import { createKey, postCounts } from '../requests/post.ts';
import { formatCount, formatDuration } from '../view/format.ts';
import type { PostProps } from './post.tsx';
import { Refusal } from './refusal.tsx';

// 300 batches: they arrive faster than one consumer records them.
const requests = 30;
const requestsAtOnce = 4;
const burstSize = requests * maxCountsPerRequest;

/** Counts that are safe to resend: under the key they are recorded once. */
type Part = { readonly counts: readonly number[]; readonly key: string };

const createParts = (): Part[] => {
  // oxlint-disable-next-line no-restricted-properties -- counts are times by default
  const first = Math.floor(Date.now() / 1000);
  return Array.from({ length: requests }, (_, part) => ({
    counts: Array.from({ length: maxCountsPerRequest }, (_count, index) => first + part * maxCountsPerRequest + index),
    key: createKey(),
  }));
};

type BurstState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'sending'; readonly accepted: number }
  | { readonly kind: 'done'; readonly accepted: number; readonly ms: number }
  | {
      readonly kind: 'failed';
      readonly accepted: number;
      readonly reason: Problem | string;
      /**
       * The counts that were not acknowledged. Of these, `unsure` may or may not have been
       * accepted.
       */
      readonly left: readonly Part[];
      readonly unsure: number;
    };

/** The action that posts many batches at once, to show the queue fill and drain. */
export const Burst = ({ sluice, token, onTokenNeeded }: PostProps) => {
  const [state, setState] = useState<BurstState>({ kind: 'idle' });

  const run = async (parts: readonly Part[], acceptedBefore: number) => {
    const startedAt = performance.now();
    const waiting = [...parts];
    const failed: Part[] = [];
    let unsure = 0;
    let accepted = acceptedBefore;
    let reason: Problem | string | undefined;
    const sendOn = async () => {
      for (let part = waiting.shift(); part !== undefined; part = reason === undefined ? waiting.shift() : undefined) {
        const outcome = await postCounts(part.counts, { key: part.key, token });
        if (outcome.kind === 'answered') {
          accepted += outcome.body.accepted;
          sluice.seeHost(outcome.body.hostname);
          setState({ kind: 'sending', accepted });
        } else {
          failed.push(part);
          if (isUnsure(outcome)) unsure += part.counts.length;
          reason ??= outcome.kind === 'refused' ? outcome.problem : outcome.reason;
        }
      }
    };
    setState({ kind: 'sending', accepted });
    await Promise.all(Array.from({ length: requestsAtOnce }, sendOn));
    if (reason === undefined) return setState({ kind: 'done', accepted, ms: performance.now() - startedAt });
    if (typeof reason === 'object' && reason.status === 401) onTokenNeeded();
    return setState({ kind: 'failed', accepted, reason, left: [...failed, ...waiting], unsure });
  };

  return (
    <div className="action">
      <div className="line">
        <p className="what">
          <span>A burst</span>
          <span className="hint">{`${formatCount(burstSize)} counts at once`}</span>
        </p>
        <button
          type="button"
          aria-disabled={state.kind === 'sending'}
          onClick={() => {
            if (state.kind !== 'sending') void run(createParts(), 0);
          }}
        >
          Burst
        </button>
      </div>
      <div className="answer brief" role="status" aria-label="Answer to the burst">
        <Progress state={state} onResume={(parts, accepted) => void run(parts, accepted)} />
      </div>
    </div>
  );
};

// Every other problem guarantees that nothing was recorded.
const unsureCodes: ReadonlySet<string> = new Set(['queue_unavailable', 'internal_error']);

/** True if the counts of a request that failed may have been accepted. */
const isUnsure = (outcome: Awaited<ReturnType<typeof postCounts>>): boolean =>
  outcome.kind === 'unanswered' || (outcome.kind === 'refused' && unsureCodes.has(outcome.problem.code));

type ProgressProps = {
  readonly state: BurstState;
  readonly onResume: (parts: readonly Part[], accepted: number) => void;
};

const Progress = ({ state, onResume }: ProgressProps) => {
  switch (state.kind) {
    case 'idle':
      return <p className="hint">The queue fills, then drains.</p>;
    case 'sending':
      return <p>{`${formatCount(state.accepted)} acknowledged …`}</p>;
    case 'done':
      return (
        <p>
          <strong>{formatCount(state.accepted)}</strong>
          <span>{` acknowledged in ${formatDuration(state.ms)}`}</span>
        </p>
      );
    case 'failed':
      return (
        <>
          <p>
            {`${formatCount(state.accepted)} acknowledged before the error. ${formatCount(state.unsure)} more may or may not have been accepted.`}
          </p>
          {typeof state.reason === 'string' ? (
            <p className="fault">{state.reason}</p>
          ) : (
            <Refusal problem={state.reason} />
          )}
          <p>
            <button type="button" onClick={() => onResume(state.left, state.accepted)}>
              Send the rest
            </button>
            <span className="hint"> Same keys: each recorded once.</span>
          </p>
        </>
      );
  }
};
