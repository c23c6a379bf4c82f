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

type Judged = Pick<Snapshot, 'link' | 'token' | 'isTokenRefused' | 'count' | 'queue' | 'findings' | 'stillMs'>;

// A consumer reads a batch within milliseconds. One that waits this long is delayed.
const heldUpAfterMs = 5_000;
// Events arrive once a second, and one of them may fall between two transactions.
const stillAfterMs = 3_000;

const unknown: Verdict = {
  tone: 'unknown',
  sentence: 'Looking …',
  advice: 'The first figures come within two seconds.',
};

/** Evaluates the state of the pipeline. The worst problem comes first. */
export const judge = (judged: Judged): Verdict => {
  const { link, count, queue, findings, stillMs } = judged;
  if (link === 'locked') return judgeToken(judged);
  if (link === 'offline') {
    return trouble(
      'This browser is offline.',
      'What is shown is what was known last. It goes on by itself when the network is back.',
    );
  }
  if (link === 'reconnecting') {
    return trouble(
      'No word from the API.',
      count === undefined
        ? 'Nothing answers yet; it is tried again every two seconds.'
        : 'What is shown is what was known last; it is tried again every two seconds.',
    );
  }
  if (link === 'unreadable') {
    return trouble(
      'The events of the API cannot be read.',
      'This page and the API are of different releases. Reload the page; if that does not help, update the API.',
    );
  }
  if (link === 'connecting' || count === undefined || queue === undefined) return unknown;
  const refusal = findings.find(({ severity }) => severity === 'refused');
  if (refusal !== undefined) return trouble('Counts are refused, because they would be lost.', refusal.detail);
  if (queue === null && count === null) {
    return trouble(
      'The queue and the ledger are away.',
      'Counts are refused until the queue is back. What was recorded is kept.',
    );
  }
  if (queue === null) {
    return trouble('The queue is away.', 'Counts are refused until it is back. What was recorded is kept.');
  }
  if (count === null) {
    return trouble(
      'The ledger is away.',
      'Counts wait in the queue while it has room. They are recorded when the ledger is back.',
    );
  }
  const readOnly = findings.find(({ code }) => code === 'mysql_read_only');
  if (readOnly !== undefined) return trouble('Nothing can be recorded.', readOnly.detail);
  return judgeFlow(count, queue, stillMs >= stillAfterMs);
};

const judgeToken = ({ token, isTokenRefused }: Judged): Verdict => {
  if (isTokenRefused) return trouble('The API refuses this token.', 'Enter another one.');
  if (token !== '') return { tone: 'unknown', sentence: 'Trying the token …', advice: 'The API has not answered yet.' };
  return {
    tone: 'notice',
    sentence: 'The API needs a token to be read.',
    advice: 'The page keeps it in memory until it is closed or reloaded.',
  };
};

const judgeFlow = (
  count: NonNullable<Judged['count']>,
  queue: NonNullable<Judged['queue']>,
  isStill: boolean,
): Verdict => {
  if (queue.paused) {
    return {
      tone: 'notice',
      sentence: 'The consumers are paused.',
      advice: 'Counts wait in the queue while it has room, until an operator lets the consumers go on:',
      command: 'npm run consumers -- resume',
    };
  }
  const isHeldUp = queue.waiting_batches > 0 && queue.oldest_age_ms >= heldUpAfterMs;
  if (queue.consumers === 0) {
    return trouble('No consumer is running.', 'Counts wait in the queue while it has room, until one runs.');
  }
  if (isHeldUp && isStill) {
    return trouble(
      'Nothing is being recorded.',
      'Counts wait in the queue while it has room. The log of the consumers says why they record nothing.',
    );
  }
  if (queue.dead_letters > 0) {
    return {
      tone: 'notice',
      sentence: 'Some batches could not be read.',
      advice: 'They are kept as dead letters and hold up nothing. To see them:',
      command: 'npm run dead-letters -- list',
    };
  }
  if (isHeldUp) {
    return {
      tone: 'notice',
      sentence: 'The ledger is catching up.',
      advice: 'More came in than is recorded at once. What waits is safe and drains.',
    };
  }
  if (count.rows_count === 0 && queue.waiting_batches === 0) {
    return {
      tone: 'well',
      sentence: 'All is well.',
      advice: 'Nothing is recorded yet: post the first count, and see it arrive.',
    };
  }
  return { tone: 'well', sentence: 'All is well.', advice: 'Counts are recorded as they come.' };
};

const trouble = (sentence: string, advice: string): Verdict => ({ tone: 'trouble', sentence, advice });
