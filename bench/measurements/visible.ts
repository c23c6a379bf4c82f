import { inTurns, type Measurement } from '../parts/bench.ts';
import { connections, loadAtFullSpeed, rateOf } from '../parts/full-speed.ts';
import { withOwner } from '../parts/owner.ts';
import { createPipeline } from '../parts/pipeline.ts';
import { figureOf, type Row } from '../parts/row.ts';
import { formatNumber } from '../report/table.ts';

const steadyPerSecond = 2_000;

export const visible: Measurement = {
  name: 'visible',
  run: (bench) =>
    withOwner(async (owner) => {
      const pipeline = await createPipeline(owner, bench.servers);
      const { port } = await pipeline.startProducer();
      await pipeline.startConsumer();
      bench.progress('warming up, and finding full speed with the consumer beside it');
      await loadAtFullSpeed(bench, [port]);
      const half = Math.round(rateOf(await loadAtFullSpeed(bench, [port])) / 2);
      await pipeline.untilDrained();
      const at = async (perSecond: number) => {
        const { sliceMs: ms, load } = bench;
        const { p50, p99 } = await load({ kind: 'visible', port, connections, perSecond, ms });
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
      return [
        { ...rowOf(steadyPerSecond, 'p50', steady), reach: { is: 'at most', value: 10 } },
        { ...rowOf(steadyPerSecond, 'p99', steady), reach: { is: 'at most', value: 50 } },
        rowOf(half, 'p50', halfway),
        rowOf(half, 'p99', halfway),
      ];
    }),
};

const rowOf = (perSecond: number, share: 'p50' | 'p99', rounds: readonly Record<typeof share, number>[]): Row => ({
  measure: `POST to visible in GET, ${share} at ${formatNumber(perSecond, 0)} a second`,
  figure: figureOf(
    rounds.map((round) => round[share]),
    'ms',
    1,
  ),
});
