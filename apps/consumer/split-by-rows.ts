import type { Entry } from './consume.ts';

const maxRowsPerTransaction = 20_000;

/** Splits entries into transactions of at most 20,000 rows, in order. */
export const splitByRows = (entries: readonly Entry[]): Entry[][] => {
  const transactions: Entry[][] = [];
  let rows = Infinity;
  for (const entry of entries) {
    rows += entry.batch.size;
    if (rows > maxRowsPerTransaction) {
      transactions.push([]);
      rows = entry.batch.size;
    }
    transactions.at(-1)?.push(entry);
  }
  return transactions;
};
