import { createBareInsert } from '../parts/bare-insert.ts';
import { createBacklog, drain, readEntrySizes, type Backlog } from '../parts/backlog.ts';
import { inTurns, type Bench, type Measurement } from '../parts/bench.ts';
import { connections, loadAtFullSpeed } from '../parts/full-speed.ts';
import type { Owner } from '../parts/owner.ts';
import { createPipeline, type Pipeline } from '../parts/pipeline.ts';
import { compareRounds, type Row } from '../parts/row.ts';
import { formatNumber } from '../report/table.ts';

const backlogRows = 1_000_000;
const backlogSingles = 200_000;
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
): Promise<Pick<Row, 'figure' | 'limit' | 'compared'>> => {
  const { rows } = backlog;
  bench.progress('warming up');
  const rowsPerStatement = Math.round((await drain(pipeline, backlog)).rowsPerTransaction);
  const insert = await createBareInsert(owner, bench.servers, { pipeline, rows, rowsPerStatement });
  await insert();
  const slices = await inTurns(
    bench,
    async () => (await drain(pipeline, backlog)).perSecond,
    async () => (1000 * rows) / (await insert()),
  );
  return compareRounds(slices, `INSERT of ${formatNumber(rowsPerStatement, 0)} rows a statement`, 'counts/s');
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
