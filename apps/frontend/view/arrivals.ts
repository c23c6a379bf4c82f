import { useEffect, useRef } from 'react';

// More rows than this at once are a stream, so none is highlighted.
const maxArrivals = 3;

type Row = { readonly id: string };

/**
 * Returns the ids of the shown rows that were not among `rows` before, to highlight them. `rows` is
 * `undefined` until they are read; newest first.
 */
export const useArrivals = (rows: readonly Row[] | undefined, shown: readonly Row[]): ReadonlySet<string> => {
  const highest = useRef<string>(undefined);
  const before = highest.current;
  const arrived = before === undefined ? [] : shown.filter(({ id }) => BigInt(id) > BigInt(before));
  useEffect(() => {
    if (rows === undefined) return;
    const first = rows[0]?.id ?? '0';
    if (highest.current === undefined || BigInt(first) > BigInt(highest.current)) highest.current = first;
  }, [rows]);
  return new Set(arrived.length <= maxArrivals ? arrived.map(({ id }) => id) : []);
};
