import type { RowDataPacket } from 'mysql2/promise';
import type { LedgerConnection } from './connection/connection.ts';

/** One recorded count. The id is text, because it may be beyond what a number holds exactly. */
export type RecordedCount = {
  readonly id: string;
  readonly value: number;
  /** None where the row holds a zero date, which is no time. */
  readonly recordedAt: Date | undefined;
};

/** A part of the recorded counts. */
export type Page = {
  readonly counts: readonly RecordedCount[];
  /** The bound of the next page in the same direction; none on the last page towards the lowest id. */
  readonly next: string | undefined;
};

/** Which counts a page has: the `limit` nearest to the bound (decimal digits). Without a bound, those with the highest ids. */
export type PageQuery = {
  readonly limit: number;
  readonly before?: string | undefined;
  readonly after?: string | undefined;
};

const highestId = 2n ** 64n - 1n;
// A consumer ends a transaction after 30 s, and MySQL the session of a consumer that is gone after 15 s.
const settledAfterSeconds = 60;

/**
 * Reads one page of counts in one statement along the primary key: with `after`, ids above it in ascending order
 * ({@link readFollowing}); else ids below `before`, in descending order.
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
  // MySQL could not convert a bound that the column cannot hold. All ids are below it.
  const isBounded = bound !== undefined && bound <= highestId;
  const where = isBounded ? `WHERE \`count\`.id < ${bound}` : '';
  const rows = await readRows(ledger, `${where} ORDER BY \`count\`.id DESC LIMIT ${limit + 1}`, deadlineMs);
  const counts = rows.slice(0, limit).map(toCount);
  return { counts, next: rows.length > limit ? counts.at(-1)?.id : undefined };
};

/**
 * Reads the counts above `after` so that who passes on `next` gets each count once. Transactions
 * commit in another order than they take their ids, so a missing id may still appear below one that
 * is there. The page therefore ends before a gap until the count behind the gap is 60 s old: the
 * transaction that took the missing ids took them first, and has committed or rolled back by then
 * (docs/decisions/019).
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
    if (id - last > BigInt(String(row['idStep'])) && row['isSettled'] !== 1) break;
    counts.push(count);
    last = id;
  }
  return { counts, next: String(last) };
};

const readRows = (ledger: LedgerConnection, selection: string, deadlineMs: number): Promise<RowDataPacket[]> =>
  ledger.run(async (connection) => {
    const [rows] = await connection.query<RowDataPacket[]>(
      // Qualified, or the order would be that of the text.
      `SELECT CAST(\`count\`.id AS CHAR) AS id, count_value AS value, recorded_at AS recordedAt,
          recorded_at < CURRENT_TIMESTAMP(3) - INTERVAL ${settledAfterSeconds} SECOND AS isSettled,
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
    // mysql2 makes an invalid Date of a zero date.
    recordedAt: Number.isNaN(recordedAt.getTime()) ? undefined : recordedAt,
  };
};
