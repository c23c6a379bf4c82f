import { createBareInsert, insertOfCounts, insertOfRows } from '../parts/bare-insert.ts';
import { createBacklog, createRowBacklog, drain, readEntrySizes, type Backlog } from '../parts/backlog.ts';
import { inTurns, type Bench, type Measurement } from '../parts/bench.ts';
import { connections, loadAtFullSpeed } from '../parts/full-speed.ts';
import type { Owner } from '../parts/owner.ts';
import { createPipeline, type Pipeline } from '../parts/pipeline.ts';
import { compareRounds, type Row } from '../parts/row.ts';
import { benchTablesOf, createRowSource } from '../parts/tables.ts';
import { formatNumber } from '../report/table.ts';
import { file, pageViewOf, tables } from '../tables/page-view.ts';

const backlogRows = 1_000_000;
const backlogSingles = 200_000;
const backlogPageViews = 200_000;
// About 64 KiB, as the producer makes them of large requests.
const rowsPerEntry = 200;
const quickShare = 50;

export const drainAsMade: Measurement = {
  name: 'drain',
  run: async (bench, owner) => {
    const pipeline = await createPipeline(owner, bench.servers);
    const sizes = await sizesAsMade(bench, pipeline);
    await pipeline.startConsumer();
    const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
    const rows = bench.isQuick ? backlogRows / quickShare : backlogRows;
    const backlog = createBacklog(rows, sizes);
    const besideInsert = await compareWithInsert(owner, bench, pipeline, backlog);
    return [
      {
        measure: `Drain of ${formatNumber(rows, 0)}, ${mean.toFixed(0)} counts an entry, as made at ${connections} connections`,
        ...besideInsert,
        target: { is: 'at least', value: 0.85 },
      },
      {
        measure: `Drain of ${formatNumber(rows, 0)}, two consumers`,
        ...(await compareTwoWithOne(owner, bench, pipeline, backlog)),
      },
    ];
  },
};

export const drainSingles: Measurement = {
  name: 'drain-singles',
  run: async (bench, owner) => {
    const pipeline = await createPipeline(owner, bench.servers);
    await pipeline.startConsumer();
    const rows = bench.isQuick ? backlogSingles / quickShare : backlogSingles;
    const besideInsert = await compareWithInsert(owner, bench, pipeline, createBacklog(rows, [1]));
    return [
      {
        measure: `Drain of ${formatNumber(rows, 0)}, 1 count an entry`,
        ...besideInsert,
        target: { is: 'at least', value: 0.25 },
      },
    ];
  },
};

export const drainRows: Measurement = {
  name: 'drain-rows',
  run: async (bench, owner) => {
    const pageViews = benchTablesOf(file, tables);
    const [table] = pageViews.tables;
    if (table === undefined) throw new Error('No table is declared');
    const pipeline = await createPipeline(owner, bench.servers, { tables: pageViews });
    await pipeline.startConsumer();
    const rows = bench.isQuick ? backlogPageViews / quickShare : backlogPageViews;
    const rowsFrom = createRowSource(table, pageViewOf);
    const backlog = createRowBacklog(rows, rowsPerEntry, table, rowsFrom);
    const besideInsert = await compareWithInsert(owner, bench, pipeline, backlog, insertOfRows(table, rowsFrom));
    return [
      {
        measure: `Drain of ${formatNumber(rows, 0)} rows of ${table.columns.length} columns, ${rowsPerEntry} rows an entry`,
        ...besideInsert,
        target: { is: 'at least', value: 0.85 },
      },
    ];
  },
};

/**
 * Measures how many counts the entries of a producer hold under load, in one slice. Leaves none of
 * them in the queue.
 */
const sizesAsMade = async (bench: Bench, pipeline: Pipeline): Promise<number[]> => {
  bench.progress('making entries as the producer does');
  const producer = await pipeline.startProducer();
  await loadAtFullSpeed(bench, [producer.port]);
  await pipeline.emptyQueue();
  await loadAtFullSpeed(bench, [producer.port]);
  await producer.end();
  const sizes = await readEntrySizes(pipeline);
  await pipeline.emptyQueue();
  return sizes;
};

const compareWithInsert = async (
  owner: Owner,
  bench: Bench,
  pipeline: Pipeline,
  backlog: Backlog,
  statement = insertOfCounts,
): Promise<Pick<Row, 'figure' | 'limit' | 'compared'>> => {
  const { rows } = backlog;
  bench.progress('warming up');
  const rowsPerStatement = Math.round((await drain(pipeline, backlog)).rowsPerTransaction);
  const insert = await createBareInsert(owner, bench.servers, { pipeline, rows, rowsPerStatement, statement });
  await insert();
  const unit = statement === insertOfCounts ? 'counts/s' : 'rows/s';
  const slices = await inTurns(
    bench,
    async () => (await drain(pipeline, backlog)).perSecond,
    async () => (1000 * rows) / (await insert()),
  );
  const what = `INSERT of ${formatNumber(rowsPerStatement, 0)} rows a statement`;
  const { loops } = statement;
  return compareRounds(slices, loops === 1 ? what : `${what}, ${loops} connections`, unit);
};

const compareTwoWithOne = async (owner: Owner, bench: Bench, single: Pipeline, backlog: Backlog) => {
  const double = await createPipeline(owner, bench.servers);
  bench.progress('starting two consumers');
  await Promise.all([double.startConsumer(), double.startConsumer()]);
  await drain(double, backlog);
  const rounds = await inTurns(
    bench,
    async () => (await drain(double, backlog)).perSecond,
    async () => (await drain(single, backlog)).perSecond,
  );
  return compareRounds(rounds, 'one consumer', 'counts/s');
};
