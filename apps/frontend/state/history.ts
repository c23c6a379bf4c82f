import type { SluiceEvent } from '../requests/follow-events.ts';

/**
 * The data of the charts, oldest first. All lists have the same length. `null` stands for unknown.
 */
export type History = {
  /** Seconds since 1970. */
  readonly at: readonly number[];
  readonly perSecond: readonly (number | null)[];
  readonly waiting: readonly (number | null)[];
  readonly oldestSeconds: readonly (number | null)[];
};

/** The period of the charts, in seconds. */
export const historySeconds = 300;

// Minimum time between two totals. The rate between closer ones is meaningless.
const minApartMs = 500;

export const emptyHistory: History = { at: [], perSecond: [], waiting: [], oldestSeconds: [] };

/** Returns the history with one more moment, without those older than {@link historySeconds}. */
export const addMoment = (
  history: History,
  atMs: number,
  queue: SluiceEvent['queue'],
  perSecond: number | null,
): History => {
  const at = atMs / 1000;
  const firstKept = history.at.findIndex((moment) => moment > at - historySeconds);
  const drop = firstKept === -1 ? history.at.length : firstKept;
  return {
    at: [...history.at.slice(drop), at],
    perSecond: [...history.perSecond.slice(drop), perSecond],
    waiting: [...history.waiting.slice(drop), queue?.waiting_batches ?? null],
    oldestSeconds: [...history.oldestSeconds.slice(drop), queue === null ? null : queue.oldest_age_ms / 1000],
  };
};

/** The total of an event. */
type Total = {
  /** The stream of the event. The times of two streams cannot be compared. */
  readonly stream: string;
  /** The time of the read, in ms, by the clock of the stream. */
  readonly atMs: number;
  /** `undefined` if unknown. */
  readonly rows: number | undefined;
};

/**
 * Creates a meter of rows per second. It takes totals one by one, and returns `null` until it has
 * two of one stream.
 */
export const createRateMeter = () => {
  let base: (Total & { readonly rows: number }) | undefined;
  let rate: number | null = null;
  return {
    take: ({ stream, atMs, rows }: Total): number | null => {
      if (rows === undefined) {
        base = undefined;
        rate = null;
      } else if (base === undefined || base.stream !== stream || atMs < base.atMs) {
        base = { stream, atMs, rows };
        rate = null;
      } else if (atMs - base.atMs >= minApartMs) {
        rate = Math.max(0, ((rows - base.rows) * 1000) / (atMs - base.atMs));
        base = { stream, atMs, rows };
      }
      return rate;
    },
    reset: (): null => {
      base = undefined;
      rate = null;
      return null;
    },
  };
};

// The page replaces a connection that is silent for 10 s, so no event is later than this.
const maxDelayMs = 15_000;

/**
 * Creates a clock that converts the times of a stream to those of the browser. The fastest event
 * determines the offset between the two. A delayed event keeps the time of its reading.
 */
export const createStreamClock = () => {
  let base: { readonly stream: string; readonly offsetMs: number } | undefined;
  return {
    /** Returns ms since 1970. */
    toLocalMs: (stream: string, atMs: number, nowMs: number): number => {
      const offsetMs = nowMs - atMs;
      const isLater = base?.stream === stream && offsetMs >= base.offsetMs;
      // A longer delay means that a clock was set.
      if (base === undefined || !isLater || offsetMs - base.offsetMs > maxDelayMs) base = { stream, offsetMs };
      return atMs + base.offsetMs;
    },
  };
};
