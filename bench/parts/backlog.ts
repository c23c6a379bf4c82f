import { isDeepStrictEqual } from 'node:util';
import { encodeEntry, parseEntry } from '@sluice/contract/entry.ts';
import { rowCodecOf } from '@sluice/contract/row-entry.ts';
import type { Table } from '@sluice/table/table.ts';
import type { RowDataPacket } from 'mysql2/promise';
import type { Pipeline } from './pipeline.ts';
import type { createRowSource } from './tables.ts';

/** Counts or rows as entries of a queue. */
export type Backlog = { readonly rows: number; readonly entries: readonly Record<string, string>[] };

type Drained = {
  /** The number of counts or rows recorded per second. */
  readonly perSecond: number;
  /** The average number of rows per transaction, from MySQL's counter of commits. */
  readonly rowsPerTransaction: number;
};

const firstCount = 1_700_000_000;

/** Builds entries for `rows` counts, cycling through `sizes` for the size of each entry. */
export const createBacklog = (rows: number, sizes: readonly number[]): Backlog => {
  const entries: Record<string, string>[] = [];
  for (let made = 0; made < rows;) {
    const size = Math.min(sizes[entries.length % sizes.length] ?? 1, rows - made);
    const counts = Array.from({ length: size }, (_, index) => firstCount + made + index);
    const batchId = entries.length.toString(16).padStart(32, '0');
    entries.push(encodeEntry({ batchId, counts, isKeyed: false }));
    made += size;
  }
  return { rows, entries };
};

/** Builds entries of `size` rows of a table each. */
export const createRowBacklog = (
  rows: number,
  size: number,
  table: Table,
  rowsFrom: ReturnType<typeof createRowSource>,
): Backlog => {
  const codec = rowCodecOf(table.columns);
  const entries = Array.from({ length: Math.ceil(rows / size) }, (_, index) => {
    const items = rowsFrom(index * size, Math.min(size, rows - index * size));
    return codec.encode({ batchId: index.toString(16).padStart(32, '0'), items, isKeyed: false });
  });
  return { rows, entries };
};

/**
 * Reads the number of counts of each entry in the stream, in order. Throws if {@link createBacklog}
 * would not build equal entries.
 */
export const readEntrySizes = async ({ client, streams: [stream = ''] }: Pipeline): Promise<number[]> => {
  const entries = (await client.xRange(stream, '-', '+')) ?? [];
  return entries.map(({ message }) => {
    const parsed = parseEntry(message);
    if (!parsed.ok) throw new Error(`The producer made an entry that cannot be parsed: ${parsed.reason}`);
    if (
      !isDeepStrictEqual(
        { ...message },
        { ...encodeEntry({ ...parsed.batch, counts: parsed.batch.list.split(',').map(Number) }) },
      )
    ) {
      throw new Error(`A backlog would have other entries than the producer makes: ${JSON.stringify(message)}`);
    }
    return parsed.batch.size;
  });
};

/**
 * Adds a backlog to the queue in one Redis transaction, so that waiting consumers find all of it,
 * and waits until it is recorded. Several streams take turns.
 *
 * The clock runs from one visible commit to the last one, which excludes the time that Redis takes
 * to add the backlog. The tables and the inbox are empty before, so the same backlog can come
 * again. Its entries are gone from the queue afterwards.
 */
export const drain = async (pipeline: Pipeline, { rows, entries }: Backlog): Promise<Drained> => {
  const { client, streams, countRecorded, untilRecorded } = pipeline;
  await pipeline.emptyLedger();
  const transaction = client.multi();
  for (const [index, entry] of entries.entries()) transaction.xAdd(streams[index % streams.length] ?? '', '*', entry);
  const commitsBefore = await countCommits(pipeline);
  const sentAt = performance.now();
  await transaction.execTyped();
  const from = await untilRecorded(Math.min(rows, (await countRecorded()) + 1));
  const fromAt = performance.now();
  await untilRecorded(rows);
  const endedAt = performance.now();
  const rowsPerTransaction = rows / ((await countCommits(pipeline)) - commitsBefore);
  await pipeline.untilDrained();
  // A small backlog may be recorded before the clock starts.
  const perSecond = from < rows ? (1000 * (rows - from)) / (endedAt - fromAt) : (1000 * rows) / (endedAt - sentAt);
  return { perSecond, rowsPerTransaction };
};

/** Reads how many transactions the server has committed since its start. */
const countCommits = async ({ sql }: Pipeline): Promise<number> => {
  const [[row]] = await sql.query<RowDataPacket[]>("SHOW GLOBAL STATUS LIKE 'Com_commit'");
  return Number(row?.['Value']);
};
