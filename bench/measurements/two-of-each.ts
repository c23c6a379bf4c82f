import { inTurns, type Measurement } from '../parts/bench.ts';
import { loadAtFullSpeed, rateOf } from '../parts/full-speed.ts';
import { createPipeline, type Pipeline, type Producer } from '../parts/pipeline.ts';
import { compareRounds } from '../parts/row.ts';

export const twoOfEach: Measurement = {
  name: 'two-of-each',
  run: async (bench, owner) => {
    const single = await createPipeline(owner, bench.servers);
    const double = await createPipeline(owner, bench.servers);
    const [first, second, third] = await Promise.all([
      single.startProducer(),
      double.startProducer(),
      double.startProducer(),
      single.startConsumer(),
      double.startConsumer(),
      double.startConsumer(),
    ]);

    /**
     * Measures the acknowledged counts per second, and the recorded counts per second until all
     * acknowledged ones are recorded.
     */
    const ratesOf = async (pipeline: Pipeline, producers: readonly Producer[]) => {
      const before = await pipeline.countRecorded();
      const startedAt = performance.now();
      const result = await loadAtFullSpeed(
        bench,
        producers.map(({ port }) => port),
      );
      await pipeline.untilRecorded(before + result.requests);
      const seconds = (performance.now() - startedAt) / 1000;
      await pipeline.untilDrained();
      return { acknowledged: rateOf(result), recorded: result.requests / seconds };
    };
    const ofTwo = () => ratesOf(double, [second, third]);
    const ofOne = () => ratesOf(single, [first]);
    bench.progress('warming up');
    await ofTwo();
    await ofOne();
    const rounds = await inTurns(bench, ofTwo, ofOne);
    const row = (what: 'acknowledged' | 'recorded') => ({
      measure: `Two producers and two consumers, counts ${what}`,
      ...compareRounds(
        rounds.map((round) => ({ one: round.one[what], other: round.other[what] })),
        'one and one',
        'counts/s',
      ),
    });
    return [row('acknowledged'), row('recorded')];
  },
};
