import { isDeepStrictEqual } from 'node:util';
import { encodeEntry, parseEntry } from '@sluice/contract/entry.ts';
import type { RowDataPacket } from 'mysql2/promise';
import type { Pipeline } from './pipeline.ts';

/** Counts as entries of a queue. */
export type Backlog = { readonly rows: number; readonly entries: readonly Record<string, string>[] };

type Drained = {
  /** How many counts were recorded a second. */
  readonly perSecond: number;
  /** What MySQL says that its transactions were on average. */
  readonly rowsPerTransaction: number;
};

const firstCount = 1_700_000_000;

/** Makes `rows` counts into entries that are `sizes` long, again and again. */
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

/** How many counts each entry of the stream has, in its order. Throws where {@link createBacklog} would not make the same of them. */
export const readEntrySizes = async ({ client, stream }: Pipeline): Promise<number[]> => {
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
 * Puts a backlog into the queue at one moment, as one transaction of Redis, so that consumers that wait for it find all of it, and waits until
 * it is recorded. The clock runs from a commit that is seen to the last one: what Redis does to take the backlog is no part of it. The tables are empty
 * before, the inbox too, so that the same backlog may come again; its entries are gone from the queue after.
 */
export const drain = async (pipeline: Pipeline, { rows, entries }: Backlog): Promise<Drained> => {
  const { client, stream, countRecorded, untilRecorded } = pipeline;
  await pipeline.emptyLedger();
  const transaction = client.multi();
  for (const entry of entries) transaction.xAdd(stream, '*', entry);
  const commitsBefore = await countCommits(pipeline);
  const sentAt = performance.now();
  await transaction.execTyped();
  const from = await untilRecorded(Math.min(rows, (await countRecorded()) + 1));
  const fromAt = performance.now();
  await untilRecorded(rows);
  const endedAt = performance.now();
  const rowsPerTransaction = rows / ((await countCommits(pipeline)) - commitsBefore);
  await pipeline.untilDrained();
  // A small backlog may be gone before the clock starts.
  const perSecond = from < rows ? (1000 * (rows - from)) / (endedAt - fromAt) : (1000 * rows) / (endedAt - sentAt);
  return { perSecond, rowsPerTransaction };
};

/** How many transactions the server has committed since it runs. */
const countCommits = async ({ sql }: Pipeline): Promise<number> => {
  const [[row]] = await sql.query<RowDataPacket[]>("SHOW GLOBAL STATUS LIKE 'Com_commit'");
  return Number(row?.['Value']);
};
