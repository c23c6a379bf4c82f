import type { DeclaredTable } from '../requests/reads.ts';
import { Time } from '../view/time.tsx';

export type Column = DeclaredTable['columns'][number];

type CellProps = {
  readonly column: Column;
  readonly value: unknown;
  /** The maximum number of characters. */
  readonly limit: number;
};

/** A recorded value, as text. */
export const Cell = ({ column: { type }, value, limit }: CellProps) => {
  if (value === null || value === undefined) return <span className="null">null</span>;
  if (type.startsWith('DATETIME') && typeof value === 'string') return <Time iso={value} />;
  const text = type !== 'JSON' && typeof value === 'string' ? value : JSON.stringify(value);
  return <span className="value">{text.length > limit ? `${text.slice(0, limit)}…` : text}</span>;
};

/** True if the values of a column are numbers, which are aligned at their ends. */
export const isNumeric = ({ type }: Column): boolean => /^(?:BIGINT|DOUBLE|DECIMAL)/.test(type);
