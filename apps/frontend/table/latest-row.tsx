import type { TableTotal } from '../requests/reads.ts';
import { unknownFigure } from '../view/format.ts';
import { Time } from '../view/time.tsx';
import { Cell, type Column } from './cell.tsx';

const maxCharacters = 2_000;

type LatestRowProps = { readonly columns: readonly Column[]; readonly total: TableTotal | null | undefined };

/** The row with the highest id, with whole values. */
export const LatestRow = ({ columns, total }: LatestRowProps) => (
  <section aria-labelledby="latest-title" className="latest">
    <h2 id="latest-title">Latest row</h2>
    <LatestValues columns={columns} total={total} />
  </section>
);

const LatestValues = ({ columns, total }: LatestRowProps) => {
  if (total === undefined || total === null) return <p className="hint">{unknownFigure}</p>;
  const row = total.latest_row;
  if (row === null) return <p className="hint">No rows yet</p>;
  return (
    <dl>
      <div>
        <dt>id</dt>
        <dd>{row.id}</dd>
      </div>
      {columns.map((column) => (
        <div key={column.name}>
          <dt>{column.name}</dt>
          <dd>
            <Cell column={column} value={row[column.name]} limit={maxCharacters} />
          </dd>
        </div>
      ))}
      <div>
        <dt>recorded_at</dt>
        <dd>
          <Time iso={row.recorded_at} />
        </dd>
      </div>
    </dl>
  );
};
