import { memo } from 'react';
import type { TableFollower } from '../state/follow-table.ts';
import { rowsPerPage, type Page } from '../state/turn-pages.ts';
import { useArrivals } from '../view/arrivals.ts';
import { formatCount, unknownFigure } from '../view/format.ts';
import { Time } from '../view/time.tsx';
import { Cell, isNumeric, type Column } from './cell.tsx';

// More is a click away: the API has the whole value.
const maxCharacters = 120;

type TableRowsProps = Page & {
  readonly columns: readonly Column[];
  readonly isAway: boolean;
  readonly onTurn: TableFollower['turnPage'];
};

/** A page of the rows of a table, under its columns. It scrolls sideways where it is too wide. */
export const TableRows = memo(({ columns, rows, page, hasOlder, isAway, onTurn }: TableRowsProps) => {
  const shown = rows ?? [];
  const fresh = useArrivals(rows, shown);
  return (
    <div className="table-rows">
      <div className="line">
        <h2 id="rows-title">{page === 0 ? 'Newest rows' : `Older rows, page ${formatCount(page + 1)}`}</h2>
        <div className="pages">
          <button type="button" aria-disabled={page === 0} onClick={() => page > 0 && onTurn('newer')}>
            Newer
          </button>
          <button type="button" aria-disabled={!hasOlder} onClick={() => hasOlder && onTurn('older')}>
            Older
          </button>
        </div>
      </div>
      {/* In the order of the tabulator key, so that the keyboard scrolls it. */}
      <div className="wide" role="region" aria-labelledby="rows-title" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">id</th>
              {columns.map((column) => (
                <th key={column.name} scope="col" data-numeric={isNumeric(column)}>
                  {column.name}
                </th>
              ))}
              <th scope="col">recorded_at</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={row.id} data-fresh={fresh.has(row.id)}>
                <td>{row.id}</td>
                {columns.map((column) => (
                  <td key={column.name} data-numeric={isNumeric(column)}>
                    <Cell column={column} value={row[column.name]} limit={maxCharacters} />
                  </td>
                ))}
                <td>
                  <Time iso={row.recorded_at} />
                </td>
              </tr>
            ))}
            {Array.from({ length: rowsPerPage - shown.length }, (_, index) => (
              <tr key={`empty-${shown.length + index}`} className="empty">
                <td colSpan={columns.length + 2}>
                  {index === 0 && shown.length === 0 && <span>{emptyWord(rows, isAway)}</span>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
});

const emptyWord = (rows: TableRowsProps['rows'], isAway: boolean): string => {
  if (rows !== undefined) return 'No rows yet';
  return isAway ? 'Unknown' : unknownFigure;
};
