import { setTimeout as pause } from 'node:timers/promises';
import { encodeEntry, parseEntry } from '@sluice/contract/entry.ts';
import type { RowDataPacket } from 'mysql2/promise';
import type { Pipeline } from './pipeline.ts';

/** Counts as entries of a queue. */
export type Backlog = { readonly rows: number; readonly entries: readonly Record<string, string>[] };

type Drained = {
  /** From the moment that the entries were there until all were recorded. */
  readonly ms: number;
  /** What MySQL says that its transactions were on average. */
  readonly rowsPerTransaction: number;
};

const lookEveryMs = 5;
const drainedWithinMs = 120_000;
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

/** How many counts each entry of the stream has, in its order. */
export const readEntrySizes = async ({ client, stream }: Pipeline): Promise<number[]> => {
  const entries = (await client.xRange(stream, '-', '+')) ?? [];
  return entries.map(({ message }) => {
    const parsed = parseEntry(message);
    if (!parsed.ok) throw new Error(`The producer made an entry that cannot be parsed: ${parsed.reason}`);
    return parsed.batch.counts.length;
  });
};

/**
 * Puts a backlog into the queue at one moment, as one transaction of Redis, so that consumers that wait for it find all of it, and waits until
 * it is recorded. The tables are empty before, the inbox too, so that the same backlog may come again; its entries are gone from the queue after.
 */
export const drain = async (pipeline: Pipeline, { rows, entries }: Backlog): Promise<Drained> => {
  const { client, stream } = pipeline;
  await pipeline.emptyLedger();
  const transaction = client.multi();
  for (const entry of entries) transaction.xAdd(stream, '*', entry);
  const commitsBefore = await countCommits(pipeline);
  await transaction.execTyped();
  const startedAt = performance.now();
  await untilRecorded(pipeline, rows);
  const ms = performance.now() - startedAt;
  const rowsPerTransaction = rows / ((await countCommits(pipeline)) - commitsBefore);
  await pipeline.untilDrained();
  return { ms, rowsPerTransaction };
};

/** How many transactions the server has committed since it runs. */
const countCommits = async ({ sql }: Pipeline): Promise<number> => {
  const [[row]] = await sql.query<RowDataPacket[]>("SHOW GLOBAL STATUS LIKE 'Com_commit'");
  return Number(row?.['Value']);
};

/** Resolves when so many counts are recorded. */
const untilRecorded = async (pipeline: Pipeline, rows: number): Promise<void> => {
  const giveUpAt = performance.now() + drainedWithinMs;
  // oxlint-disable no-await-in-loop -- asked again until it is so
  for (let recorded = 0; recorded < rows; recorded = await pipeline.countRecorded()) {
    if (performance.now() > giveUpAt) {
      throw new Error(`${recorded} of ${rows} counts were recorded within ${drainedWithinMs} ms`);
    }
    await pause(lookEveryMs);
  }
  // oxlint-enable no-await-in-loop
};
