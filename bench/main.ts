import { parseArgs } from 'node:util';
import { compileServices } from '@sluice/local/compile-services.ts';
import { measurements } from './measurements/all.ts';
import type { Bench, Measurement } from './parts/bench.ts';
import { startLoad } from './parts/load.ts';
import { withOwner } from './parts/owner.ts';
import type { Row } from './parts/row.ts';
import { minutesSoFar, runCommand, say, type UnlessStopped } from './parts/run-command.ts';
import { startServers } from './parts/servers.ts';
import { startServer } from './parts/service.ts';
import { describeRun } from './report/machine.ts';
import { formatRow, formatRun, writeRun } from './report/table.ts';

// `npm run bench [-- --quick] [-- names]` measures the pipeline and its limits on servers of its
// own. A missed target is not a failure. A measurement that does not run is one.

const names = measurements.map(({ name }) => name);

/** Parses the command line. Throws at an unknown option or name. */
const readWish = () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: 'boolean', default: false } },
  });
  const unknown = positionals.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new Error(`There is no measurement called ${unknown.join(', ')}. There are: ${names.join(', ')}`);
  }
  const chosen = measurements.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  return { chosen, isQuick: values.quick };
};

/** Runs the measurements one after the other, each with its own processes. */
const measure = async (
  bench: Omit<Bench, 'progress'>,
  chosen: readonly Measurement[],
  unlessStopped: UnlessStopped,
): Promise<Row[]> => {
  const rows: Row[] = [];
  for (const [index, { name, run }] of chosen.entries()) {
    const progress = (text: string) => say(`${index + 1}/${chosen.length} ${name}: ${text}`);
    try {
      const measured = await withOwner((owner) => unlessStopped(run({ ...bench, progress }, owner)));
      for (const row of measured) progress(formatRow(row));
      rows.push(...measured);
    } catch (error) {
      throw new Error(`The measurement ${name} did not run`, { cause: error });
    }
  }
  return rows;
};

await runCommand(async (unlessStopped) => {
  const { chosen, isQuick } = readWish();
  await withOwner(async (owner) => {
    const servers = await unlessStopped(startServers(owner, say));
    await unlessStopped(compileServices());
    const noop = await unlessStopped(startServer(owner, ['bench/noop-server/main.ts']));
    const size = isQuick ? { isQuick, rounds: 1, sliceMs: 200 } : { isQuick, rounds: 5, sliceMs: 2_000 };
    const machine = await describeRun(servers);
    const rows = await measure({ servers, noop, load: startLoad(owner, say), ...size }, chosen, unlessStopped);
    const about = [
      ...machine,
      `Run: each measured ${size.rounds === 1 ? 'once' : `in ${size.rounds} rounds`}, ${minutesSoFar()} minutes in all`,
    ];
    const run = formatRun(rows, about);
    console.log(`\n${run}`);
    // Part of the measurements, or a quick run, is not written to the document.
    if (chosen.length === measurements.length && !isQuick) {
      writeRun(run);
      console.log('\nWritten to docs/benchmarks.md');
    }
  });
});
