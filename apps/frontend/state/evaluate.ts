import type { Snapshot } from './console.ts';

/** The state of the pipeline, in a sentence for newcomers. */
export type Verdict = {
  readonly tone: 'unknown' | 'well' | 'notice' | 'trouble';
  /** Contains no figures, so that it changes only when the state changes. */
  readonly sentence: string;
  readonly advice: string;
  /** A command that helps, if there is one. */
  readonly command?: string;
};

type Evaluated = Pick<Snapshot, 'link' | 'token' | 'isTokenRefused' | 'count' | 'queue' | 'findings' | 'stillMs'>;

// A consumer reads a batch within milliseconds. One that waits this long is delayed.
const heldUpAfterMs = 5_000;
// Events arrive once a second, and one of them may fall between two transactions.
const stillAfterMs = 3_000;

const unknown: Verdict = {
  tone: 'unknown',
  sentence: 'Loading …',
  advice: 'The first figures arrive within two seconds.',
};

/** Evaluates the state of the pipeline. The worst problem comes first. */
export const evaluate = (snapshot: Evaluated): Verdict => {
  const { link, count, queue, findings, stillMs } = snapshot;
  if (link === 'locked') return evaluateToken(snapshot);
  if (link === 'offline') {
    return trouble(
      'This browser is offline.',
      'Showing the last known state. The page reconnects when the network is back.',
    );
  }
  if (link === 'reconnecting') {
    return trouble(
      'The API is unavailable.',
      count === undefined
        ? 'No answer so far; retrying every two seconds.'
        : 'Showing the last known state; retrying every two seconds.',
    );
  }
  if (link === 'unreadable') {
    return trouble(
      'This page cannot read the events of the API.',
      'The page and the API are different releases. Reload the page. If that does not help, update the API.',
    );
  }
  if (link === 'connecting' || count === undefined || queue === undefined) return unknown;
  const refusal = findings.find(({ severity }) => severity === 'refused');
  if (refusal !== undefined) return trouble('The API refuses counts, because they could be lost.', refusal.detail);
  if (queue === null && count === null) {
    return trouble(
      'The queue and the database are unavailable.',
      'The API refuses counts until the queue is back. Recorded counts are kept.',
    );
  }
  if (queue === null) {
    return trouble('The queue is unavailable.', 'The API refuses counts until it is back. Recorded counts are kept.');
  }
  if (count === null) {
    return trouble(
      'The database is unavailable.',
      'Counts wait in the queue while it has room. Consumers record them when the database is back.',
    );
  }
  const readOnly = findings.find(({ code }) => code === 'mysql_read_only');
  if (readOnly !== undefined) return trouble('The consumers cannot record.', readOnly.detail);
  return evaluateFlow(count, queue, stillMs >= stillAfterMs);
};

const evaluateToken = ({ token, isTokenRefused }: Evaluated): Verdict => {
  if (isTokenRefused) return trouble('The API refuses this token.', 'Enter another one.');
  if (token !== '') return { tone: 'unknown', sentence: 'Trying the token …', advice: 'The API has not answered yet.' };
  return {
    tone: 'notice',
    sentence: 'The API requires a token for reads.',
    advice: 'The page keeps the token in memory until you close or reload it.',
  };
};

const evaluateFlow = (
  count: NonNullable<Evaluated['count']>,
  queue: NonNullable<Evaluated['queue']>,
  isStill: boolean,
): Verdict => {
  if (queue.paused) {
    return {
      tone: 'notice',
      sentence: 'The consumers are paused.',
      advice: 'Counts wait in the queue while it has room. To resume the consumers, run:',
      command: 'npm run consumers -- resume',
    };
  }
  const isHeldUp = queue.waiting_batches > 0 && queue.oldest_age_ms >= heldUpAfterMs;
  if (queue.consumers === 0) {
    return trouble('No consumer is running.', 'Counts wait in the queue while it has room. Start a consumer.');
  }
  if (isHeldUp && isStill) {
    return trouble(
      'The consumers record nothing.',
      'Counts wait in the queue while it has room. The log of the consumers has the reason.',
    );
  }
  if (queue.dead_letters > 0) {
    return {
      tone: 'notice',
      sentence: 'There are dead letters.',
      advice: 'Some entries could not be parsed. They block nothing. To list them, run:',
      command: 'npm run dead-letters -- list',
    };
  }
  if (isHeldUp) {
    return {
      tone: 'notice',
      sentence: 'The consumers are catching up.',
      advice: 'Counts arrived faster than consumers record them. The queue holds the rest and drains.',
    };
  }
  if (count.rows_count === 0 && queue.waiting_batches === 0) {
    return {
      tone: 'well',
      sentence: 'All is well.',
      advice: 'No count is recorded yet. Post the first one and watch it arrive.',
    };
  }
  return { tone: 'well', sentence: 'All is well.', advice: 'Consumers record counts as they arrive.' };
};

const trouble = (sentence: string, advice: string): Verdict => ({ tone: 'trouble', sentence, advice });
