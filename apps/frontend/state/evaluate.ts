import type { Total } from '../requests/reads.ts';
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

type Evaluated = Pick<Snapshot, 'link' | 'token' | 'isTokenRefused' | 'queue' | 'findings' | 'stillMs'> & {
  readonly count: Pick<Total, 'rows_count'> | null | undefined;
};

/** The texts that differ between counts and rows. */
type Words = {
  readonly one: string;
  readonly many: string;
  /** The plural, at the start of a sentence. */
  readonly first: string;
  /** The advice about dead letters. */
  readonly deadLetters: string;
  /** The verdict when nothing can be read from the database. */
  readonly unreadable: Pick<Verdict, 'sentence' | 'advice'>;
  readonly paused: Pick<Verdict, 'sentence' | 'advice' | 'command'>;
};

const wordsOf = (one: 'count' | 'row', first: 'Counts' | 'Rows', deadLetters: string): Words => ({
  one,
  many: `${one}s`,
  first,
  deadLetters: `${deadLetters} They block nothing. To list them, run:`,
  unreadable: {
    sentence: 'The database is unavailable.',
    advice: `${first} wait in the queue while it has room. Consumers record them when the database is back.`,
  },
  paused: {
    sentence: 'The consumers are paused.',
    advice: `${first} wait in the queue while it has room. To resume the consumers, run:`,
    command: 'npm run consumers -- resume',
  },
});

const wordsOfCounts = wordsOf('count', 'Counts', 'Some entries could not be parsed.');
const wordsOfRows = wordsOf('row', 'Rows', 'Some rows were refused by MySQL, or could not be parsed.');

const unreadableTable: Words['unreadable'] = {
  sentence: 'The table cannot be read.',
  advice: 'Rows wait in its queue while it has room. Was its migration run? The log of the producers has the reason.',
};

const pausedTable = (table: string | undefined): Words['paused'] => ({
  sentence: 'This table is paused.',
  advice: 'Its rows wait in their queue while it has room. The other tables are recorded. To resume it, run:',
  command: `npm run consumers -- resume --table ${table}`,
});

/** The command that lists the dead letters, of counts and of all tables. */
export const deadLettersCommand = 'npm run dead-letters -- list';

// A consumer reads a batch within milliseconds. One that waits this long is delayed.
const heldUpAfterMs = 5_000;
// Events arrive once a second, and one of them may fall between two transactions.
const stillAfterMs = 3_000;

const unknown: Verdict = {
  tone: 'unknown',
  sentence: 'Loading …',
  advice: 'The first figures arrive within two seconds.',
};

/** Evaluates the pipeline of the counts. The worst problem comes first. */
export const evaluate = (snapshot: Evaluated): Verdict => evaluatePart(snapshot, wordsOfCounts);

/** Evaluates the pipeline of the table that is shown. The worst problem comes first. */
export const evaluateTable = (snapshot: Snapshot): Verdict => {
  const { tables, table, ofTable, link, count, queue } = snapshot;
  if (link === 'live' && tables?.every((declared) => declared.table !== table) === true) {
    return trouble('There is no such table.', 'The address names a table that is not declared. Choose another one.');
  }
  return evaluatePart(
    { ...snapshot, count: ofTable.total, queue: ofTable.queue, stillMs: ofTable.stillMs },
    {
      ...wordsOfRows,
      ...(count === null ? {} : { unreadable: unreadableTable }),
      ...(queue?.paused === true ? {} : { paused: pausedTable(table) }),
    },
  );
};

const evaluatePart = (snapshot: Evaluated, words: Words): Verdict => {
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
  if (refusal !== undefined)
    return trouble(`The API refuses ${words.many}, because they could be lost.`, refusal.detail);
  if (queue === null && count === null) {
    return trouble(
      'The queue and the database are unavailable.',
      `The API refuses ${words.many} until the queue is back. Recorded ${words.many} are kept.`,
    );
  }
  if (queue === null) {
    return trouble(
      'The queue is unavailable.',
      `The API refuses ${words.many} until it is back. Recorded ${words.many} are kept.`,
    );
  }
  if (count === null) {
    return trouble(words.unreadable.sentence, words.unreadable.advice);
  }
  const readOnly = findings.find(({ code }) => code === 'mysql_read_only');
  if (readOnly !== undefined) return trouble('The consumers cannot record.', readOnly.detail);
  return evaluateFlow(count, queue, stillMs >= stillAfterMs, words);
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
  words: Words,
): Verdict => {
  if (queue.paused) return { tone: 'notice', ...words.paused };
  const isHeldUp = queue.waiting_batches > 0 && queue.oldest_age_ms >= heldUpAfterMs;
  if (queue.consumers === 0) {
    return trouble('No consumer is running.', `${words.first} wait in the queue while it has room. Start a consumer.`);
  }
  if (isHeldUp && isStill) {
    return trouble(
      'The consumers record nothing.',
      `${words.first} wait in the queue while it has room. The log of the consumers has the reason.`,
    );
  }
  if (queue.dead_letters > 0) {
    return {
      tone: 'notice',
      sentence: 'There are dead letters.',
      advice: words.deadLetters,
      command: deadLettersCommand,
    };
  }
  if (isHeldUp) {
    return {
      tone: 'notice',
      sentence: 'The consumers are catching up.',
      advice: `${words.first} arrived faster than consumers record them. The queue holds the rest and drains.`,
    };
  }
  if (count.rows_count === 0 && queue.waiting_batches === 0) {
    return {
      tone: 'well',
      sentence: 'All is well.',
      advice: `No ${words.one} is recorded yet. Post the first one and watch it arrive.`,
    };
  }
  return { tone: 'well', sentence: 'All is well.', advice: `Consumers record ${words.many} as they arrive.` };
};

const trouble = (sentence: string, advice: string): Verdict => ({ tone: 'trouble', sentence, advice });
