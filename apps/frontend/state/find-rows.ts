import { readNewestRows, type Row } from '../requests/reads.ts';

// More than are shown, so that a row that was just posted is found among others.
const readRows = 30;
const lookForMs = 30_000;
const lookAfterMs = [20, 40, 80, 160, 320, 640];
const lookLaterMs = 1_000;

/** The reader of the newest rows. It runs one read at a time. */
export type RowFinder = {
  /**
   * Reads the newest rows if the list may lack one: the number of rows has changed since the last
   * successful read began. Call it with each event.
   */
  readonly follow: (hasChanged: boolean) => void;
  /**
   * Polls until a row with this value and an id above `afterId` exists. Resolves to false if none
   * is found within 30 s.
   */
  readonly untilRecorded: (value: number, afterId: string) => Promise<boolean>;
};

type RowFinderDependencies = {
  /** Reads the bearer token of the requests, `''` for none. */
  readonly readToken: () => string;
  readonly onRows: (rows: readonly Row[]) => void;
};

/**
 * Creates a finder. It passes each list to `onRows`, newest first. A failed read leaves the list
 * unchanged.
 */
export const createRowFinder = ({ readToken, onRows }: RowFinderDependencies): RowFinder => {
  let newest: readonly Row[] = [];
  let reading: Promise<void> | undefined;
  let isStale = true;

  const read = async () => {
    // A change during the read may be missing in its answer.
    isStale = false;
    const outcome = await readNewestRows(readRows, readToken());
    reading = undefined;
    if (outcome.kind !== 'answered') {
      isStale = true;
      return;
    }
    newest = outcome.body.counts;
    onRows(newest);
  };
  const refresh = (): Promise<void> => (reading ??= read());
  const follow = (hasChanged: boolean): void => {
    isStale ||= hasChanged;
    if (isStale) void refresh();
  };

  const untilRecorded = async (value: number, afterId: string): Promise<boolean> => {
    const giveUpAt = performance.now() + lookForMs;
    const isNew = (row: Row) => row.value === value && BigInt(row.id) > BigInt(afterId);
    for (let attempt = 0; performance.now() < giveUpAt; attempt += 1) {
      await refresh();
      if (newest.some(isNew)) return true;
      const pauseMs = lookAfterMs[attempt] ?? lookLaterMs;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    return false;
  };

  return { follow, untilRecorded };
};
