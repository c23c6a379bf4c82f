import { randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { post } from '@sluice/fault-tests/post.ts';
import { evaluateAnswer } from './evaluate-answer.ts';
import type { Attempt, Outcome, Posted, Read } from './history.ts';
import { createRequests, type Request } from './requests.ts';

type Settings = {
  readonly address: string;
  /** Requests a second, whatever the answers are. */
  readonly rate: number;
  readonly onPosted: (posted: Posted) => void;
  readonly onRead: (read: Read) => void;
};

export type Client = ReturnType<typeof startClient>;

const tickMs = 50;
const answerWithinMs = 5_000;
const repeatAfterMs = 500;
const readEveryMs = 500;
// Patience with a request that has a key, after the load has ended.
const repeatForMs = 60_000;
/** The requests in progress above which the client waits, as one with a pool of connections. */
export const maxInProgress = 600;

/**
 * Posts at a fixed rate, and keeps the outcome of each request. A request with an idempotency key is
 * repeated until it is acknowledged.
 */
export const startClient = ({ address, rate, onPosted, onRead }: Settings) => {
  const agent = new Agent({ keepAlive: true });
  const startedAt = performance.now();
  const now = () => performance.now() - startedAt;
  const nextRequest = createRequests();
  const inProgress = new Set<Promise<void>>();
  const answers = new Map<string, number>();
  const acknowledgedAt: number[] = [];
  let acknowledged = 0;
  let due = 0;
  let unsent = 0;
  let stoppedAt = Infinity;

  const attempt = async (request: Request, key: string | undefined) => {
    const at = now();
    const headers = { 'content-type': request.contentType, ...(key === undefined ? {} : { 'idempotency-key': key }) };
    const answer = await post(
      agent,
      `${address}${request.path}`,
      request.body,
      headers,
      AbortSignal.timeout(answerWithinMs),
    );
    const verdict = answer === undefined ? undefined : evaluateAnswer(request, answer);
    const text = verdict?.answer ?? 'no answer';
    answers.set(text, (answers.get(text) ?? 0) + 1);
    const kept: Attempt = { at: Math.round(at), ms: Math.round(now() - at), answer: verdict?.answer };
    return { kept, verdict };
  };

  const send = async (request: Request): Promise<void> => {
    const { table, first, length, isKeyed, isValid } = request;
    const key = isKeyed ? randomUUID() : undefined;
    const attempts: Attempt[] = [];
    let outcome: Outcome = isValid ? 'unknown' : 'refused';
    let lie: string | undefined;
    for (;;) {
      const { kept, verdict } = await attempt(request, key);
      attempts.push(kept);
      lie ??= verdict?.lie;
      if (verdict?.isRefused === true && (key === undefined || attempts.length === 1)) outcome = 'refused';
      if (verdict?.isAcknowledged === true && isValid) outcome = 'acknowledged';
      const isOver = key === undefined || outcome !== 'unknown' || lie !== undefined;
      if (isOver || now() > stoppedAt + repeatForMs) break;
      await pause(repeatAfterMs);
    }
    if (outcome === 'acknowledged') {
      acknowledged += length;
      acknowledgedAt.push(now());
    }
    onPosted({ table, first, length, isKeyed, attempts, outcome, ...(lie === undefined ? {} : { lie }) });
  };

  const startRequest = (request: Request) => {
    const sending = send(request).finally(() => inProgress.delete(sending));
    inProgress.add(sending);
  };

  const tick = () => {
    due += (rate * tickMs) / 1_000;
    for (; due >= 1; due--) {
      if (inProgress.size < maxInProgress) startRequest(nextRequest());
      else unsent += 1;
    }
  };
  const ticking = setInterval(tick, tickMs);

  const read = async (): Promise<void> => {
    const at = now();
    try {
      const response = await fetch(`${address}/count`, { signal: AbortSignal.timeout(answerWithinMs) });
      const body: unknown = await response.json();
      if (response.ok && typeof body === 'object' && body !== null && 'rows_count' in body) {
        onRead({ at, endedAt: now(), total: Number(body.rows_count) });
      }
    } catch {
      // Unavailable, or an answer of the balancer.
    }
  };
  const reading = setInterval(() => void read(), readEveryMs);

  /** Sends no new requests. Resolves when each has its outcome. */
  const stop = async (): Promise<void> => {
    clearInterval(ticking);
    clearInterval(reading);
    stoppedAt = now();
    while (inProgress.size > 0) await Promise.all(inProgress);
    agent.destroy();
  };

  return {
    now,
    stop,
    /** Returns how often an answer came, such as `503 queue_full`. */
    countAnswers: (answer: string) => answers.get(answer) ?? 0,
    /** Returns the number of requests that were due and not sent, because too many were in progress. */
    unsent: () => unsent,
    /** Returns the number of acknowledged items. */
    acknowledged: () => acknowledged,
    /** The times of the acknowledgements, in ms since the start. */
    acknowledgedAt: acknowledgedAt as readonly number[],
  };
};
