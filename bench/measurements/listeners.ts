import { setTimeout as pause } from 'node:timers/promises';
import { inTurns, type Bench, type Measurement } from '../parts/bench.ts';
import { createPipeline, type Producer } from '../parts/pipeline.ts';
import { cpuMs, residentMb } from '../parts/process-usage.ts';
import { figureOf } from '../parts/row.ts';

// As many as two producers admit.
const listeners = 1_000;
const kbPerMb = 1_024;

export const listen: Measurement = {
  name: 'listeners',
  run: async (bench, owner) => {
    const pipeline = await createPipeline(owner, bench.servers);
    const producers = await Promise.all([pipeline.startProducer(), pipeline.startProducer()]);
    const few = producers.length;
    if (!bench.isQuick) {
      bench.progress('warming up');
      await costOf(bench, producers, few);
    }
    const rounds = await inTurns(
      bench,
      () => costOf(bench, producers, listeners),
      () => costOf(bench, producers, few),
    );
    const perListener = (more: number, less: number) => (more - less) / (listeners - few);
    const first = rounds[0];
    return [
      {
        measure: 'Listeners to /events, 1,000 on two producers: processor time of each, a second',
        figure: figureOf(
          rounds.map(({ one, other }) => 1000 * perListener(one.cpuMsPerSecond, other.cpuMsPerSecond)),
          'µs',
          1,
        ),
      },
      {
        measure: 'Listeners to /events: memory of each',
        // A producer keeps the memory of the first round, so later rounds would show nothing.
        figure: figureOf([kbPerMb * perListener(first?.one.memoryMb ?? 0, first?.one.memoryBeforeMb ?? 0)], 'kB'),
      },
    ];
  },
};

/** Measures the cost of `amount` listeners to the producers, once all of them listen. */
const costOf = async ({ load, sliceMs }: Bench, producers: readonly Producer[], amount: number) => {
  const sum = (read: (pid: number) => number) => producers.reduce((total, { pid }) => total + read(pid), 0);
  const memoryBeforeMb = sum(residentMb);
  // Covers more than a second, to get events in addition to the one that each listener gets at
  // once.
  const measuredMs = Math.max(sliceMs, 1_500);
  const ports = producers.map(({ port }) => port);
  const listening = load({ kind: 'listen', ports, listeners: amount, ms: measuredMs + 2 * sliceMs });
  listening.catch(() => undefined);
  await pause(sliceMs);
  const [cpuBefore, startedAt] = [sum(cpuMs), performance.now()];
  await pause(measuredMs);
  const seconds = (performance.now() - startedAt) / 1000;
  const cpuMsPerSecond = (sum(cpuMs) - cpuBefore) / seconds;
  const memoryMb = sum(residentMb);
  await listening;
  return { cpuMsPerSecond, memoryMb, memoryBeforeMb };
};
