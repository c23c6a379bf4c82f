import { readTableQueue, readTableTotal, type QueueState, type TableTotal } from '../requests/reads.ts';
import type { Outcome } from '../requests/ask.ts';
import { addMoment, createRateMeter, emptyHistory, type History } from './history.ts';
import { createPageReader, type Page } from './turn-pages.ts';

/** The state of one table. */
export type TableState = Page & {
  /** `undefined` before the first answer, `null` while the database or the queue is unavailable. */
  readonly total: TableTotal | null | undefined;
  readonly queue: QueueState | null | undefined;
  /** Rows recorded per second, `null` if unknown. */
  readonly perSecond: number | null;
  /** The time since the number of rows last changed, in ms. It is 0 while consumers are paused. */
  readonly stillMs: number;
  readonly history: History;
};

/** The state before the first answer. */
export const unreadTable: TableState = {
  total: undefined,
  queue: undefined,
  perSecond: null,
  stillMs: 0,
  history: emptyHistory,
  rows: undefined,
  page: 0,
  hasOlder: false,
};

/** A reader of one table. */
export type TableFollower = {
  /** Reads once a second from now on. */
  readonly start: () => void;
  /** Stops reading. */
  readonly stop: () => void;
  /** Reads now, because a row was posted. */
  readonly refresh: () => void;
  /** Shows the page of the rows that are older than those shown, or newer. */
  readonly turnPage: (towards: 'older' | 'newer') => void;
};

type TableFollowerDependencies = {
  readonly table: string;
  /** Reads the bearer token of the requests, `''` for none. */
  readonly readToken: () => string;
  readonly onChange: (state: TableState) => void;
};

const readEveryMs = 1_000;

/**
 * Creates a reader of one table. It reads nothing before `start`. A read without an answer leaves
 * the state unchanged. The newest page follows the table. Older pages do not change.
 */
export const createTableFollower = ({ table, readToken, onChange }: TableFollowerDependencies): TableFollower => {
  const meter = createRateMeter();
  let state = unreadTable;
  let movedAt = performance.now();

  const update = (change: Partial<TableState>) => {
    state = { ...state, ...change };
    onChange(state);
  };
  const addToHistory = (queue: QueueState | null, perSecond: number | null) =>
    // oxlint-disable-next-line no-restricted-properties -- the axis shows times of day
    update({ perSecond, history: addMoment(state.history, Date.now(), queue, perSecond) });
  const pages = createPageReader({ table, readToken, onPage: update });

  const read = async (isStopped: () => boolean) => {
    const before = state.total;
    const answers = await Promise.all([readTableTotal(table, readToken()), readTableQueue(table, readToken())]);
    if (isStopped()) return;
    const [total, queue] = [bodyOf(answers[0], before), bodyOf(answers[1], state.queue)];
    const now = performance.now();
    if (total?.rows_count !== before?.rows_count || queue?.paused === true) movedAt = now;
    update({ total, queue, stillMs: now - movedAt });
    addToHistory(queue ?? null, meter.take({ stream: table, atMs: now, rows: total?.rows_count }));
    await pages.follow(total?.latest_row?.id !== before?.latest_row?.id);
  };

  const { start, stop, runNow } = createTimer(read);
  return {
    start,
    stop: () => {
      // The chart has a gap where nothing was read.
      if (stop()) addToHistory(null, meter.reset());
    },
    refresh: runNow,
    turnPage: pages.turn,
  };
};

/** Creates a timer that runs a function once a second, one run at a time, while it is started. */
const createTimer = (run: (isStopped: () => boolean) => Promise<void>) => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isStarted = false;
  let isRunning = false;
  let isWanted = false;
  const isStopped = () => !isStarted;

  const turn = async () => {
    clearTimeout(timer);
    isWanted = isRunning;
    if (isRunning) return;
    isRunning = true;
    await run(isStopped);
    isRunning = false;
    if (isStarted) timer = setTimeout(() => void turn(), isWanted ? 0 : readEveryMs);
  };

  return {
    start: () => {
      if (isStarted) return;
      isStarted = true;
      void turn();
    },
    /** Returns true if it was started. */
    stop: (): boolean => {
      clearTimeout(timer);
      const wasStarted = isStarted;
      isStarted = false;
      return wasStarted;
    },
    runNow: () => {
      if (isStarted) void turn();
    },
  };
};

/** Returns the body of an answer, `null` if the API refused, or what was known before. */
const bodyOf = <T>(outcome: Outcome<T>, before: T | null | undefined): T | null | undefined => {
  if (outcome.kind === 'answered') return outcome.body;
  // Without a token that is valid, nothing is known. The event stream reports it.
  return outcome.kind === 'refused' && outcome.problem.status !== 401 ? null : before;
};
