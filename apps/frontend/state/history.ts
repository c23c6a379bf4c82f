import type { SluiceEvent } from '../requests/follow-events.ts';

/** What the charts show, oldest first; the lists are of one length. `null` is what was not known then. */
export type History = {
  /** Seconds since 1970. */
  readonly at: readonly number[];
  readonly perSecond: readonly (number | null)[];
  readonly waiting: readonly (number | null)[];
  readonly oldestSeconds: readonly (number | null)[];
};

/** How far back the charts go, in seconds. */
export const historySeconds = 300;

// The difference of two totals that were read almost together says nothing.
const leastApartMs = 500;

export const emptyHistory: History = { at: [], perSecond: [], waiting: [], oldestSeconds: [] };

/** The history with one more moment, without what is older than {@link historySeconds}. */
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
  /** The stream that it came with. The times of two streams cannot be compared. */
  readonly stream: string;
  /** When it was read, in ms, by the clock of the stream. */
  readonly atMs: number;
  /** `undefined` where it is not known. */
  readonly rows: number | undefined;
};

/**
 * Makes a meter of rows per second. It takes one total after the other and returns `null` until it
 * has two of one stream.
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
      } else if (atMs - base.atMs >= leastApartMs) {
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

// A connection that sends nothing for 10 s is replaced, so no event is later.
const maxDelayMs = 15_000;

/**
 * Makes a clock that translates the times of a stream to those of the browser. The event that came
 * fastest says how far the two are apart; one that a stall held back gets the time of its reading.
 */
export const createStreamClock = () => {
  let base: { readonly stream: string; readonly offsetMs: number } | undefined;
  return {
    /** Returns ms since 1970. */
    toLocalMs: (stream: string, atMs: number, nowMs: number): number => {
      const offsetMs = nowMs - atMs;
      const isLater = base?.stream === stream && offsetMs >= base.offsetMs;
      // Beyond that a clock was set.
      if (base === undefined || !isLater || offsetMs - base.offsetMs > maxDelayMs) base = { stream, offsetMs };
      return atMs + base.offsetMs;
    },
  };
};
