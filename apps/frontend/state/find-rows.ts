import { readNewestRows, type Row } from '../requests/reads.ts';

// More than are shown, so that a row that was just posted is found among others.
const readRows = 30;
const lookForMs = 30_000;
const lookAfterMs = [20, 40, 80, 160, 320, 640];
const lookLaterMs = 1_000;

/** The newest rows of the ledger, read once for all who ask at the same time. */
export type RowFinder = {
  /** Reads them now. */
  readonly refresh: () => Promise<void>;
  /** Looks until one with this value and an id above `afterId` is there; answers whether it was seen. */
  readonly untilRecorded: (value: number, afterId: string) => Promise<boolean>;
};

type RowFinderParts = {
  /** Reads the bearer token to ask with, `''` for none. */
  readonly readToken: () => string;
  readonly onRows: (rows: readonly Row[]) => void;
};

/** Makes a finder that hands on each list that it reads, the newest first. What cannot be read leaves the list as it is. */
export const createRowFinder = ({ readToken, onRows }: RowFinderParts): RowFinder => {
  let newest: readonly Row[] = [];
  let reading: Promise<void> | undefined;

  const read = async () => {
    const outcome = await readNewestRows(readRows, readToken());
    reading = undefined;
    if (outcome.kind !== 'answered') return;
    newest = outcome.body.counts;
    onRows(newest);
  };
  const refresh = (): Promise<void> => (reading ??= read());

  const untilRecorded = async (value: number, afterId: string): Promise<boolean> => {
    const giveUpAt = performance.now() + lookForMs;
    const isNew = (row: Row) => row.value === value && BigInt(row.id) > BigInt(afterId);
    for (let attempt = 0; performance.now() < giveUpAt; attempt += 1) {
      // oxlint-disable-next-line no-await-in-loop -- looked at again and again
      await refresh();
      if (newest.some(isNew)) return true;
      const pauseMs = lookAfterMs[attempt] ?? lookLaterMs;
      // oxlint-disable-next-line no-await-in-loop -- as above
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    return false;
  };

  return { refresh, untilRecorded };
};
