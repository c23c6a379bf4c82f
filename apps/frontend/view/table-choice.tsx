import type { Snapshot } from '../state/console.ts';

type TableChoiceProps = Pick<Snapshot, 'tables' | 'table'> & {
  readonly onChoose: (table: string | undefined) => void;
};

// No table has this name.
const counts = 'count';

/** The choice between the counts and the declared tables. There is none without a declared table. */
export const TableChoice = ({ tables = [], table, onChoose }: TableChoiceProps) => {
  if (tables.length === 0) return null;
  const names = tables.map((declared) => declared.table);
  const isKnown = table === undefined || names.includes(table);
  return (
    <select
      className="choice"
      aria-label="Table"
      value={table ?? counts}
      onChange={({ target: { value } }) => onChoose(value === counts ? undefined : value)}
    >
      {[counts, ...names, ...(isKnown ? [] : [table])].map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
};
