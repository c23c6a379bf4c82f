import { lazy, Suspense } from 'react';
import { ErrorBoundary } from 'react-error-boundary';
import type { Console, Snapshot } from '../state/console.ts';
import { TableFailure } from './failure.tsx';

// Loaded lazily: most pages show only counts.
const TableView = lazy(async () => ({ default: (await import('../table/table-view.tsx')).TableView }));

type TablePartsProps = { readonly sluice: Console; readonly snapshot: Snapshot };

/** The form, the latest row and the rows of the table that is shown. Empty until it is known. */
export const TableParts = ({ sluice, snapshot }: TablePartsProps) => {
  const declared = snapshot.tables?.find(({ table }) => table === snapshot.table);
  if (declared === undefined) return <div className="side" />;
  return (
    <ErrorBoundary FallbackComponent={TableFailure} resetKeys={[declared.table]}>
      <Suspense fallback={<div className="side" />}>
        <TableView key={declared.table} sluice={sluice} snapshot={snapshot} declared={declared} />
      </Suspense>
    </ErrorBoundary>
  );
};
