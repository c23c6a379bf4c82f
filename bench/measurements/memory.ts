import { createBacklog, drain, readEntrySizes } from '../parts/backlog.ts';
import type { Bench, Measurement } from '../parts/bench.ts';
import { loadAtFullSpeed } from '../parts/full-speed.ts';
import { createPipeline } from '../parts/pipeline.ts';
import { connectionsTo, residentMb } from '../parts/process-usage.ts';
import { figureOf, type Row } from '../parts/row.ts';
import { formatNumber } from '../report/table.ts';
import { fifty } from '../tables/fifty.ts';

const target = { is: 'at most', value: 130 } as const;
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
    const ofProducer = await peaksOf(bench, producer.pid, async () => {
      await loadAtFullSpeed(bench, [producer.port], { ms: slicesPerRound * bench.sliceMs });
      sizes = await readEntrySizes(pipeline);
      await pipeline.emptyQueue();
    });
    await producer.end();
    const ofNoop = await peaksOf(bench, bench.noop.pid, () =>
      loadAtFullSpeed(bench, [bench.noop.port], { ms: slicesPerRound * bench.sliceMs }),
    );
    const rows = bench.isQuick ? drainedRows / 50 : drainedRows;
    const backlog = createBacklog(rows, sizes);
    const consumer = await pipeline.startConsumer();
    const ofConsumer = await peaksOf(bench, consumer.pid, () => drain(pipeline, backlog));
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
    const pipeline = await createPipeline(owner, bench.servers, { tables: fifty });
    const producer = await pipeline.startProducer();
    const consumer = await pipeline.startConsumer();
    const services = { producer, consumer };
    const load = () =>
      loadAtFullSpeed(bench, [producer.port], { request: 'readings', ms: slicesPerRound * bench.sliceMs });
    const rows: Row[] = [];
    for (const [name, { pid }] of Object.entries(services)) {
      const peaks = await peaksOf(bench, pid, async () => {
        await load();
        await pipeline.untilDrained();
      });
      const what = `the ${name} with ${fifty.tables.length} tables, all under load`;
      rows.push(
        { ...rowOf(`Memory of ${what}`, peaks), target: { is: 'at most', value: 200 } },
        {
          measure: `Connections of ${what}, to MySQL`,
          figure: figureOf([connectionsTo(pid, bench.servers.mysql.port)], ''),
        },
        {
          measure: `Connections of ${what}, to Redis`,
          figure: figureOf([connectionsTo(pid, bench.servers.redis.port)], ''),
        },
      );
    }
    return rows;
  },
};

/** Measures the peak memory of a process in each round, in MB. */
const peaksOf = async ({ rounds, progress }: Bench, pid: number, work: () => Promise<unknown>): Promise<number[]> => {
  const peaks: number[] = [];
  for (let round = 0; round < rounds; round++) {
    progress(`round ${round + 1} of ${rounds}`);
    let peak = residentMb(pid);
    const timer = setInterval(() => {
      peak = Math.max(peak, residentMb(pid));
    }, sampleEveryMs);
    await work();
    clearInterval(timer);
    peaks.push(peak);
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
