import { memo } from 'react';
import type { Row } from '../requests/reads.ts';
import { useArrivals } from './arrivals.ts';
import { formatCount, unknownFigure } from './format.ts';
import { Time } from './time.tsx';

const shown = 10;

type RowsProps = { readonly rows: readonly Row[] | undefined; readonly isAway: boolean };

/** The table of the newest rows. */
export const Rows = memo(({ rows, isAway }: RowsProps) => {
  const newest = rows?.slice(0, shown) ?? [];
  const fresh = useArrivals(rows, newest);
  return (
    <section aria-labelledby="rows-title" className="rows">
      <h2 id="rows-title">Newest rows</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">Count</th>
            <th scope="col">Row</th>
            <th scope="col">Recorded at</th>
          </tr>
        </thead>
        <tbody>
          {newest.map(({ id, value, recorded_at: recordedAt }) => (
            <tr key={id} data-fresh={fresh.has(id)}>
              <td>{formatCount(value)}</td>
              <td>{id}</td>
              <td>
                <Time iso={recordedAt} />
              </td>
            </tr>
          ))}
          {Array.from({ length: shown - newest.length }, (_, index) => (
            <tr key={`empty-${newest.length + index}`} className="empty">
              <td>{index === 0 && newest.length === 0 && <span>{emptyWord(rows, isAway)}</span>}</td>
              <td />
              <td />
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
});

const emptyWord = (rows: RowsProps['rows'], isAway: boolean): string => {
  if (rows !== undefined) return 'No rows yet';
  return isAway ? 'Unknown' : unknownFigure;
};
