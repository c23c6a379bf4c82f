import { PostSection } from '../actions/post-section.tsx';
import type { DeclaredTable } from '../requests/reads.ts';
import type { Console, Snapshot } from '../state/console.ts';
import { LatestRow } from './latest-row.tsx';
import { RowForm } from './row-form.tsx';
import { TableRows } from './table-rows.tsx';

type TableViewProps = {
  readonly sluice: Console;
  readonly snapshot: Snapshot;
  readonly declared: DeclaredTable;
};

/** The parts of the page that depend on the columns of a table. */
export const TableView = ({ sluice, snapshot, declared }: TableViewProps) => {
  const { token, link, ofTable } = snapshot;
  const { total, rows, page, hasOlder } = ofTable;
  return (
    <>
      <div className="side">
        <PostSection title="Post a row" sluice={sluice} token={token} isLocked={link === 'locked'}>
          {(onTokenNeeded) => (
            <RowForm sluice={sluice} token={token} declared={declared} onTokenNeeded={onTokenNeeded} />
          )}
        </PostSection>
      </div>
      <LatestRow columns={declared.columns} total={total} />
      <TableRows
        columns={declared.columns}
        rows={rows}
        page={page}
        hasOlder={hasOlder}
        isAway={total === null}
        onTurn={sluice.turnPage}
      />
    </>
  );
};
