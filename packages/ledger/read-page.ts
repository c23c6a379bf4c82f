import type { RowDataPacket } from 'mysql2/promise';
import type { LedgerConnection } from './connection/connection.ts';

/**
 * One recorded count. The id is text, because it may exceed the integers that a number holds
 * exactly.
 */
export type RecordedCount = {
  readonly id: string;
  readonly value: number;
  /** `undefined` if the row holds a zero date. */
  readonly recordedAt: Date | undefined;
};

/** A page of recorded counts. */
export type Page = Pick<PageOf<RecordedCount>, 'next'> & { readonly counts: readonly RecordedCount[] };

/** A page of recorded rows of a table. */
export type PageOf<Row> = {
  readonly rows: readonly Row[];
  /**
   * The bound of the next page in the same direction. `undefined` on the last page of a descending
   * read.
   */
  readonly next: string | undefined;
};

/**
 * The rows of a page: the `limit` nearest to the bound (decimal digits). Without a bound, the rows
 * with the highest ids.
 */
export type PageQuery = {
  readonly limit: number;
  readonly before?: string | undefined;
  readonly after?: string | undefined;
};

/** The table that pages are read from. It has the columns `id` and `recorded_at`. */
export type PageSource<Row> = {
  /** Its name in quotation marks. */
  readonly table: string;
  /** The columns of a page in SQL, without `id`. */
  readonly columns: string;
  /** Converts a row of MySQL, whose `id` is text. */
  readonly toRow: (row: RowDataPacket) => Row;
};

const highestId = 2n ** 64n - 1n;
// A consumer ends a transaction after 30 s. MySQL ends the session of a dead consumer after 15 s.
const finalAfterSeconds = 60;

/** Reads one page of counts, as {@link readPageOf} does. */
export const readPage = async (ledger: LedgerConnection, query: PageQuery, deadlineMs: number): Promise<Page> => {
  const { rows: counts, next } = await readPageOf(ledger, countSource, query, deadlineMs);
  return { counts, next };
};

/**
 * Reads one page in one statement along the primary key. With `after`, reads the ids above it in
 * ascending order ({@link readFollowing}). Otherwise reads the ids below `before` in descending
 * order.
 */
export const readPageOf = <Row extends { readonly id: string }>(
  ledger: LedgerConnection,
  source: PageSource<Row>,
  query: PageQuery,
  deadlineMs: number,
): Promise<PageOf<Row>> =>
  query.after === undefined
    ? readPreceding(ledger, source, query, deadlineMs)
    : readFollowing(ledger, source, query, deadlineMs);

/**
 * Returns the rows of a page in SQL: WHERE, ORDER BY and LIMIT with `limit` rows. Undefined if no
 * id can be above the bound.
 */
export const selectionOf = (table: string, { before, after }: PageQuery, limit: number): string | undefined => {
  if (after !== undefined) {
    // MySQL cannot convert a bound that exceeds the column.
    if (BigInt(after) >= highestId) return undefined;
    return `WHERE ${table}.id > ${BigInt(after)} ORDER BY ${table}.id LIMIT ${limit}`;
  }
  const bound = before === undefined ? undefined : BigInt(before);
  // All ids are below a bound that exceeds the column.
  const where = bound !== undefined && bound <= highestId ? `WHERE ${table}.id < ${bound}` : '';
  return `${where} ORDER BY ${table}.id DESC LIMIT ${limit}`;
};

const readPreceding = async <Row extends { readonly id: string }>(
  ledger: LedgerConnection,
  source: PageSource<Row>,
  query: PageQuery,
  deadlineMs: number,
): Promise<PageOf<Row>> => {
  const selected = await selectRows(ledger, source, query, query.limit + 1, deadlineMs);
  const rows = selected.slice(0, query.limit).map(source.toRow);
  return { rows, next: selected.length > query.limit ? rows.at(-1)?.id : undefined };
};

/**
 * Reads the rows above `after`. A reader that continues with `next` gets each row once.
 *
 * Transactions commit in a different order than they take ids, so a missing id may still appear
 * below an existing one. The page therefore ends before a gap until the row after the gap is 60 s
 * old. The transaction with the missing ids took them earlier, so it has committed or rolled back
 * by then (docs/decisions/019).
 */
const readFollowing = async <Row extends { readonly id: string }>(
  ledger: LedgerConnection,
  source: PageSource<Row>,
  query: PageQuery,
  deadlineMs: number,
): Promise<PageOf<Row>> => {
  const selected = await selectRows(ledger, source, query, query.limit, deadlineMs);
  const rows: Row[] = [];
  let last = BigInt(query.after ?? 0);
  for (const found of selected) {
    const row = source.toRow(found);
    const id = BigInt(row.id);
    if (id - last > BigInt(String(found['idStep'])) && found['isFinal'] !== 1) break;
    rows.push(row);
    last = id;
  }
  return { rows, next: String(last) };
};

const selectRows = async <Row>(
  ledger: LedgerConnection,
  { table, columns }: PageSource<Row>,
  query: PageQuery,
  limit: number,
  deadlineMs: number,
): Promise<RowDataPacket[]> => {
  const selection = selectionOf(table, query, limit);
  if (selection === undefined) return [];
  return ledger.run(async (connection) => {
    const [rows] = await connection.query<RowDataPacket[]>(
      // Qualified, otherwise MySQL sorts by the text.
      `SELECT CAST(${table}.id AS CHAR) AS id, ${columns},
          recorded_at < CURRENT_TIMESTAMP(3) - INTERVAL ${finalAfterSeconds} SECOND AS isFinal,
          @@auto_increment_increment AS idStep
        FROM ${table} ${selection}`,
    );
    return rows;
  }, deadlineMs);
};

/** Reads a TIMESTAMP of a row. A zero date, which mysql2 turns into an invalid Date, is no time. */
export const timeOf = (value: unknown): Date | undefined => {
  const time = new Date(Number(value));
  return Number.isNaN(time.getTime()) ? undefined : time;
};

const countSource: PageSource<RecordedCount> = {
  table: '`count`',
  columns: 'count_value AS value, recorded_at AS recordedAt',
  toRow: (row) => ({
    id: String(row['id']),
    value: Number(row['value']),
    recordedAt: timeOf(row['recordedAt']),
  }),
};
