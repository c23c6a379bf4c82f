import { setTimeout as pause } from 'node:timers/promises';
import { createBacklog, drain, readEntrySizes } from '../parts/backlog.ts';
import type { Bench, Measurement } from '../parts/bench.ts';
import { loadAtFullSpeed } from '../parts/full-speed.ts';
import { createPipeline } from '../parts/pipeline.ts';
import { connectionsTo, residentMb } from '../parts/process-usage.ts';
import { figureOf, type Row } from '../parts/row.ts';
import { formatNumber } from '../report/table.ts';
import { benchTablesOf } from '../parts/tables.ts';
import { file, tables } from '../tables/fifty.ts';

const target = { is: 'at most', value: 130 } as const;
const targetOfFifty = { is: 'at most', value: 200 } as const;
const sampleEveryMs = 50;
const drainedRows = 1_000_000;
// Long enough to show growth.
const slicesPerRound = 3;

export const memory: Measurement = {
  name: 'memory',
  run: async (bench, owner) => {
    const pipeline = await createPipeline(owner, bench.servers);
    const producer = await pipeline.startProducer();
    let sizes: number[] = [];
    const [ofProducer = []] = await peaksOf(bench, [() => residentMb(producer.pid)], async () => {
      await loadAtFullSpeed(bench, [producer.port], { ms: slicesPerRound * bench.sliceMs });
      sizes = await readEntrySizes(pipeline);
      await pipeline.emptyQueue();
    });
    await producer.end();
    const [ofNoop = []] = await peaksOf(bench, [() => residentMb(bench.noop.pid)], () =>
      loadAtFullSpeed(bench, [bench.noop.port], { ms: slicesPerRound * bench.sliceMs }),
    );
    const rows = bench.isQuick ? drainedRows / 50 : drainedRows;
    const backlog = createBacklog(rows, sizes);
    const consumer = await pipeline.startConsumer();
    const [ofConsumer = []] = await peaksOf(bench, [() => residentMb(consumer.pid)], () => drain(pipeline, backlog));
    return [
      rowOf('Memory of the server that does nothing, at full speed', ofNoop),
      { ...rowOf('Memory of the producer at full speed', ofProducer), target },
      { ...rowOf(`Memory of the consumer, draining ${formatNumber(rows, 0)}`, ofConsumer), target },
    ];
  },
};

export const manyTables: Measurement = {
  name: 'many-tables',
  run: async (bench, owner) => {
    const fifty = benchTablesOf(file, tables);
    const pipeline = await createPipeline(owner, bench.servers, { tables: fifty });
    const producer = await pipeline.startProducer();
    const consumer = await pipeline.startConsumer();
    const { redis, mysql } = bench.servers;
    const gauges = Object.entries({ producer, consumer }).flatMap(([name, { pid }]) => [
      { what: `Memory of the ${name}`, unit: 'MB', read: () => residentMb(pid), target: targetOfFifty },
      { what: `MySQL connections of the ${name}`, unit: 'connections', read: () => connectionsTo(pid, mysql.port) },
      { what: `Redis connections of the ${name}`, unit: 'connections', read: () => connectionsTo(pid, redis.port) },
    ]);
    const reads = gauges.map(({ read }) => read);
    const idle = await peaksOf({ ...bench, rounds: 1 }, reads, () => pause(bench.sliceMs));
    const busy = await peaksOf(bench, reads, async () => {
      await loadAtFullSpeed(bench, [producer.port], { request: 'readings', ms: slicesPerRound * bench.sliceMs });
      await pipeline.untilDrained();
    });
    return gauges.map(({ what, unit, target: most }, index) => ({
      measure: `${what}, ${fifty.tables.length} tables under load`,
      figure: figureOf([Math.max(...(busy[index] ?? []))], unit),
      limit: { what: 'idle', figure: figureOf(idle[index] ?? [], unit) },
      target: most,
    }));
  },
};

type Gauge = () => number;

/** Measures the peak of each gauge in each round. */
const peaksOf = async (
  { rounds, progress }: Bench,
  gauges: readonly Gauge[],
  work: () => Promise<unknown>,
): Promise<number[][]> => {
  const peaks: number[][] = gauges.map(() => []);
  for (let round = 0; round < rounds; round++) {
    progress(`round ${round + 1} of ${rounds}`);
    const highest = gauges.map((gauge) => gauge());
    const timer = setInterval(() => {
      for (const [index, gauge] of gauges.entries()) highest[index] = Math.max(highest[index] ?? 0, gauge());
    }, sampleEveryMs);
    await work();
    clearInterval(timer);
    for (const [index, peak] of highest.entries()) peaks[index]?.push(peak);
  }
  return peaks;
};

/**
 * Returns a row that compares the last round with the first, to show growth. The limit applies to
 * the maximum of all rounds.
 */
const rowOf = (measure: string, peaks: readonly number[]): Row => ({
  measure,
  figure: figureOf(peaks.slice(-1), 'MB'),
  limit: { what: 'in the first round', figure: figureOf(peaks.slice(0, 1), 'MB') },
  compared: figureOf([Math.max(...peaks)], 'MB'),
});
