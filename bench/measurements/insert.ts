import { createBareInsert } from '../parts/bare-insert.ts';
import type { Measurement } from '../parts/bench.ts';
import { createPipeline } from '../parts/pipeline.ts';
import { cpuMs } from '../parts/process-usage.ts';
import { figureOf } from '../parts/row.ts';
import { formatNumber } from '../report/table.ts';

const insertedRows = 500_000;
const rowsPerStatement = 10_000;

export const insert: Measurement = {
  name: 'insert',
  run: async (bench, owner) => {
    const { servers, isQuick, rounds, progress } = bench;
    const rows = isQuick ? insertedRows / 50 : insertedRows;
    const pipeline = await createPipeline(owner, servers);
    const run = await createBareInsert(owner, servers, { pipeline, rows, rowsPerStatement });
    // Redis does nothing meanwhile.
    const usedMs = () => servers.pids().reduce((sum, pid) => sum + cpuMs(pid), 0);
    progress('warming up');
    await run();
    const microseconds: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      progress(`round ${round} of ${rounds}`);
      const before = usedMs();
      await run();
      microseconds.push((1000 * (usedMs() - before)) / rows);
    }
    return [
      {
        measure: `INSERT of ${formatNumber(rowsPerStatement, 0)} rows a statement: processor time of a row`,
        figure: figureOf(microseconds, 'µs', 2),
      },
    ];
  },
};
