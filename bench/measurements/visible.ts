import { inTurns, type Measurement } from '../parts/bench.ts';
import { connections, loadAtFullSpeed, rateOf } from '../parts/full-speed.ts';
import { createPipeline } from '../parts/pipeline.ts';
import { figureOf, type Row } from '../parts/row.ts';
import { formatNumber } from '../report/table.ts';

const steadyPerSecond = 2_000;
// Enough counts for a meaningful 99th percentile.
const slicesPerRate = 2.5;

export const visible: Measurement = {
  name: 'visible',
  run: async (bench, owner) => {
    const pipeline = await createPipeline(owner, bench.servers);
    const [{ port }] = await Promise.all([pipeline.startProducer(), pipeline.startConsumer()]);
    bench.progress('warming up, and finding full speed while the consumer runs');
    await loadAtFullSpeed(bench, [port]);
    const half = Math.round(rateOf(await loadAtFullSpeed(bench, [port])) / 2);
    await pipeline.untilDrained();
    const at = async (perSecond: number) => {
      const { sliceMs, load } = bench;
      const { p50, p99 } = await load({
        kind: 'visible',
        request: 'count',
        port,
        connections,
        perSecond,
        ms: slicesPerRate * sliceMs,
      });
      await pipeline.untilDrained();
      return { p50, p99 };
    };
    const rounds = await inTurns(
      bench,
      () => at(steadyPerSecond),
      () => at(half),
    );
    const steady = rounds.map(({ one }) => one);
    const halfway = rounds.map(({ other }) => other);
    const atSteady = `${formatNumber(steadyPerSecond, 0)} a second`;
    const atHalf = `half of full speed (${formatNumber(half, 0)} a second)`;
    return [
      { ...rowOf(atSteady, 'p50', steady), target: { is: 'at most', value: 10 } },
      { ...rowOf(atSteady, 'p99', steady), target: { is: 'at most', value: 50 } },
      rowOf(atHalf, 'p50', halfway),
      rowOf(atHalf, 'p99', halfway),
    ];
  },
};

const rowOf = (rate: string, share: 'p50' | 'p99', rounds: readonly Record<typeof share, number>[]): Row => ({
  measure: `POST to visible in GET at ${rate}, ${share}`,
  figure: figureOf(
    rounds.map((round) => round[share]),
    'ms',
    1,
  ),
});
