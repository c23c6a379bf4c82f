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

// Two events may arrive together after a pause of the network, and their difference then says nothing.
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

/** Makes a meter of rows per second. It takes each total with its time in ms and answers `null` until it has two. */
export const createRateMeter = () => {
  let base: { readonly rows: number; readonly atMs: number } | undefined;
  let rate: number | null = null;
  return {
    take: (rows: number | undefined, atMs: number): number | null => {
      if (rows === undefined) {
        base = undefined;
        rate = null;
      } else if (base === undefined) {
        base = { rows, atMs };
      } else if (atMs - base.atMs >= leastApartMs) {
        rate = Math.max(0, ((rows - base.rows) * 1000) / (atMs - base.atMs));
        base = { rows, atMs };
      }
      return rate;
    },
  };
};
