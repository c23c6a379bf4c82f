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
export type Page = {
  readonly counts: readonly RecordedCount[];
  /**
   * The bound of the next page in the same direction. `undefined` on the last page of a descending
   * read.
   */
  readonly next: string | undefined;
};

/**
 * The counts of a page: the `limit` nearest to the bound (decimal digits). Without a bound, the
 * counts with the highest ids.
 */
export type PageQuery = {
  readonly limit: number;
  readonly before?: string | undefined;
  readonly after?: string | undefined;
};

const highestId = 2n ** 64n - 1n;
// A consumer ends a transaction after 30 s. MySQL ends the session of a dead consumer after 15 s.
const finalAfterSeconds = 60;

/**
 * Reads one page of counts in one statement along the primary key. With `after`, reads the ids
 * above it in ascending order ({@link readFollowing}). Otherwise reads the ids below `before` in
 * descending order.
 */
export const readPage = (ledger: LedgerConnection, query: PageQuery, deadlineMs: number): Promise<Page> =>
  query.after === undefined
    ? readPreceding(ledger, query, deadlineMs)
    : readFollowing(ledger, { ...query, after: BigInt(query.after) }, deadlineMs);

const readPreceding = async (
  ledger: LedgerConnection,
  { limit, before }: PageQuery,
  deadlineMs: number,
): Promise<Page> => {
  const bound = before === undefined ? undefined : BigInt(before);
  // MySQL cannot convert a bound that exceeds the column. All ids are below it.
  const isBounded = bound !== undefined && bound <= highestId;
  const where = isBounded ? `WHERE \`count\`.id < ${bound}` : '';
  const rows = await readRows(ledger, `${where} ORDER BY \`count\`.id DESC LIMIT ${limit + 1}`, deadlineMs);
  const counts = rows.slice(0, limit).map(toCount);
  return { counts, next: rows.length > limit ? counts.at(-1)?.id : undefined };
};

/**
 * Reads the counts above `after`. A reader that continues with `next` gets each count once.
 *
 * Transactions commit in a different order than they take ids, so a missing id may still appear
 * below an existing one. The page therefore ends before a gap until the count after the gap is 60 s
 * old. The transaction with the missing ids took them earlier, so it has committed or rolled back
 * by then (docs/decisions/019).
 */
const readFollowing = async (
  ledger: LedgerConnection,
  { limit, after }: { readonly limit: number; readonly after: bigint },
  deadlineMs: number,
): Promise<Page> => {
  if (after >= highestId) return { counts: [], next: String(after) };
  const rows = await readRows(ledger, `WHERE \`count\`.id > ${after} ORDER BY \`count\`.id LIMIT ${limit}`, deadlineMs);
  const counts: RecordedCount[] = [];
  let last = after;
  for (const row of rows) {
    const count = toCount(row);
    const id = BigInt(count.id);
    if (id - last > BigInt(String(row['idStep'])) && row['isFinal'] !== 1) break;
    counts.push(count);
    last = id;
  }
  return { counts, next: String(last) };
};

const readRows = (ledger: LedgerConnection, selection: string, deadlineMs: number): Promise<RowDataPacket[]> =>
  ledger.run(async (connection) => {
    const [rows] = await connection.query<RowDataPacket[]>(
      // Qualified, otherwise MySQL sorts by the text.
      `SELECT CAST(\`count\`.id AS CHAR) AS id, count_value AS value, recorded_at AS recordedAt,
          recorded_at < CURRENT_TIMESTAMP(3) - INTERVAL ${finalAfterSeconds} SECOND AS isFinal,
          @@auto_increment_increment AS idStep
        FROM \`count\` ${selection}`,
    );
    return rows;
  }, deadlineMs);

const toCount = (row: RowDataPacket): RecordedCount => {
  const recordedAt = new Date(Number(row['recordedAt']));
  return {
    id: String(row['id']),
    value: Number(row['value']),
    // mysql2 turns a zero date into an invalid Date.
    recordedAt: Number.isNaN(recordedAt.getTime()) ? undefined : recordedAt,
  };
};
