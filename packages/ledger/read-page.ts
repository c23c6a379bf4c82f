import type { RowDataPacket } from 'mysql2/promise';
import type { LedgerConnection } from './connection.ts';

/** One recorded count. The id is text, because it may be beyond what a number holds exactly. */
export type RecordedCount = { readonly id: string; readonly value: number; readonly recordedAt: Date };

/** A part of the recorded counts, the highest ids first. */
export type Page = {
  readonly counts: readonly RecordedCount[];
  /** The `before` of the next page; none on the last one. */
  readonly next: string | undefined;
};

const highestId = 2n ** 64n - 1n;

/** Reads the `limit` counts with the highest ids, or those below the id `before` (decimal digits), in one statement along the primary key. */
export const readPage = (
  ledger: LedgerConnection,
  { limit, before }: { readonly limit: number; readonly before: string | undefined },
  deadlineMs: number,
): Promise<Page> =>
  ledger.run(async (connection) => {
    const bound = before === undefined ? undefined : BigInt(before);
    // An id that the column cannot hold has all others below it, and is not for the server to convert.
    const isBounded = bound !== undefined && bound <= highestId;
    const [rows] = await connection.query<RowDataPacket[]>(
      // Qualified, or the order would be that of the text.
      `SELECT CAST(\`count\`.id AS CHAR) AS id, count_value AS value, recorded_at AS recordedAt FROM \`count\`
        ${isBounded ? `WHERE \`count\`.id < ${bound}` : ''} ORDER BY \`count\`.id DESC LIMIT ?`,
      [limit + 1],
    );
    const counts = rows.slice(0, limit).map((row) => ({
      id: String(row['id']),
      value: Number(row['value']),
      recordedAt: new Date(Number(row['recordedAt'])),
    }));
    return { counts, next: rows.length > limit ? counts.at(-1)?.id : undefined };
  }, deadlineMs);
