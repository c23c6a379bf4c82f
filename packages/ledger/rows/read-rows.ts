import { parseJson } from '@sluice/contract/parse-json.ts';
import { rowBytesOf } from '@sluice/table/column-type.ts';
import type { Column, Table } from '@sluice/table/table.ts';
import type { RowDataPacket } from 'mysql2/promise';
import type { LedgerConnection } from '../connection/connection.ts';
import { readPageOf, selectionOf, timeOf, type PageOf, type PageQuery, type PageSource } from '../read-page.ts';

/** A recorded row as JSON: `id`, `recorded_at` and the columns of its table. */
export type RecordedRow = Readonly<Record<string, unknown>> & { readonly id: string };

/** The number of recorded rows of a table, and the row with the highest id. */
export type TableTotal = { readonly rowsCount: number; readonly latestRow: RecordedRow | undefined };

/** Maximum size of a page in bytes. It has at least one row, which may be larger. */
const maxPageBytes = 2_097_152;

/**
 * Reads one page of the rows of a table along the primary key, as {@link readPageOf} does. A page of
 * large rows has fewer than `limit`.
 */
export const readRows = async (
  ledger: LedgerConnection,
  table: Table,
  query: PageQuery,
  deadlineMs: number,
): Promise<PageOf<RecordedRow>> => {
  const startedAt = performance.now();
  const limit = await limitByBytes(ledger, table, query, deadlineMs);
  const restMs = deadlineMs - (performance.now() - startedAt);
  return readPageOf(ledger, sourceOf(table), { ...query, limit }, restMs);
};

/** Reads the number of rows of a table from a few rows of `table_totals`, and then its latest row. */
export const readTableTotal = (ledger: LedgerConnection, table: Table, deadlineMs: number): Promise<TableTotal> => {
  const source = sourceOf(table);
  return ledger.run(async (connection) => {
    const [[sum]] = await connection.query<RowDataPacket[]>(
      'SELECT COALESCE(SUM(rows_count), 0) AS rowsCount FROM table_totals WHERE table_name = ?',
      [table.name],
    );
    const [[latest]] = await connection.query<RowDataPacket[]>(
      `SELECT CAST(${source.table}.id AS CHAR) AS id, ${source.columns} FROM ${source.table} ORDER BY ${source.table}.id DESC LIMIT 1`,
    );
    return {
      rowsCount: Number(sum?.['rowsCount']),
      latestRow: latest === undefined ? undefined : source.toRow(latest),
    };
  }, deadlineMs);
};

const sourceOf = ({ name, columns }: Table): PageSource<RecordedRow> => ({
  table: `\`${name}\``,
  columns: ['recorded_at', ...columns.map(selected)].join(', '),
  toRow: (row) => ({
    id: String(row['id']),
    recorded_at: timeOf(row['recorded_at'])?.toISOString() ?? null,
    ...Object.fromEntries(columns.map((column) => [column.name, valueOf(column, row[column.name])])),
  }),
});

// Read as text: mysql2 rounds doubles wrongly, parses JSON on MySQL only, and reads times in a zone.
const readAsText: ReadonlySet<string> = new Set(['number', 'json', 'datetime']);

const selected = ({ name, type }: Column): string =>
  readAsText.has(type.kind) ? `CAST(\`${name}\` AS CHAR) AS \`${name}\`` : `\`${name}\``;

/** Returns a value in the form in which clients send it. */
const valueOf = ({ type }: Column, value: unknown): unknown => {
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  switch (type.kind) {
    case 'boolean':
      return value !== 0;
    case 'json':
      return parseJson(String(value));
    case 'datetime':
      return `${String(value).replace(' ', 'T')}Z`;
    case 'integer':
    case 'number':
      return Number(value);
    default:
      return String(value);
  }
};

/** Returns the number of rows of a page that together have at most {@link maxPageBytes}. */
const limitByBytes = async (
  ledger: LedgerConnection,
  { name, columns }: Table,
  query: PageQuery,
  deadlineMs: number,
): Promise<number> => {
  const hasJson = columns.some(({ type }) => type.kind === 'json');
  const mostBytes = columns.reduce((sum, { type }) => sum + rowBytesOf(type), 0);
  if (!hasJson && mostBytes * query.limit <= maxPageBytes) return query.limit;
  const selection = selectionOf(`\`${name}\``, query, query.limit);
  if (selection === undefined) return query.limit;
  const bytes = columns.map((column) => `COALESCE(OCTET_LENGTH(\`${column.name}\`), 0)`).join(' + ');
  const sizes = await ledger.run(async (connection) => {
    const [rows] = await connection.query<RowDataPacket[]>(`SELECT ${bytes} AS bytes FROM \`${name}\` ${selection}`);
    return rows.map((row) => Number(row['bytes']));
  }, deadlineMs);
  let room = maxPageBytes;
  const fitting = sizes.findIndex((size) => (room -= size) < 0);
  return fitting === -1 ? query.limit : Math.max(1, fitting);
};
