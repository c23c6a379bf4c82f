import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect, parseArgs } from 'node:util';
import { compileServices } from '@sluice/local/compile-services.ts';
import { privateServers } from '@sluice/local/servers/private-servers.ts';
import { createSupervisor } from '@sluice/local/processes/supervise.ts';
import { measurements } from './measurements/all.ts';
import type { Bench, Measurement } from './parts/bench.ts';
import { startLoad } from './parts/load.ts';
import { withOwner, type Owner } from './parts/owner.ts';
import type { Row } from './parts/row.ts';
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

const bornAt = performance.now();
const say = (text: string) => console.log(`${((performance.now() - bornAt) / 1000).toFixed(0).padStart(5)} s  ${text}`);

const stop = Promise.withResolvers<never>();
stop.promise.catch(() => undefined);
let stoppedBy: NodeJS.Signals | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    stoppedBy ??= signal;
    stop.reject(new Error(`Stopped by ${signal}`));
  });
}
const unlessStopped = <T>(work: Promise<T>): Promise<T> => Promise.race([work, stop.promise]);

const startServers = async (owner: Owner): Promise<Bench['servers']> => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  owner.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const supervisor = createSupervisor({
    onLine: () => undefined,
    onDeath: (part, how, lines) => console.error([`${part} died (${how}):`, ...lines].join('\n')),
    onChange: () => undefined,
  });
  owner.after(supervisor.stop);
  say('starting Redis and MySQL');
  const { parts, environment } = await privateServers(folder, {}, say);
  await Promise.all(parts.map(supervisor.start));
  const { REDIS_PORT = '', REDIS_PASSWORD = '', DB_PORT = '', DB_PASSWORD = '' } = environment;
  const host = '127.0.0.1';
  return {
    redis: { host, port: Number(REDIS_PORT), password: REDIS_PASSWORD },
    mysql: { host, port: Number(DB_PORT), user: 'root', password: DB_PASSWORD },
    pids: supervisor.pids,
  };
};

/** Runs the measurements one after the other, each with its own processes. */
const measure = async (bench: Omit<Bench, 'progress'>, chosen: readonly Measurement[]): Promise<Row[]> => {
  const rows: Row[] = [];
  for (const [index, { name, run }] of chosen.entries()) {
    const progress = (text: string) => say(`${index + 1}/${chosen.length} ${name}: ${text}`);
    try {
      const measured = await withOwner((owner) => unlessStopped(run({ ...bench, progress }, owner)));
      for (const row of measured) progress(formatRow(row));
      rows.push(...measured);
    } catch (error) {
      if (stoppedBy !== undefined) throw error;
      throw new Error(`The measurement ${name} did not run`, { cause: error });
    }
  }
  return rows;
};

const main = async (): Promise<void> => {
  const { chosen, isQuick } = readWish();
  await withOwner(async (owner) => {
    const servers = await unlessStopped(startServers(owner));
    await unlessStopped(compileServices());
    const noop = await unlessStopped(startServer(owner, ['bench/noop-server/main.ts']));
    const size = isQuick ? { isQuick, rounds: 1, sliceMs: 200 } : { isQuick, rounds: 5, sliceMs: 2_000 };
    const machine = await describeRun(servers);
    const rows = await measure({ servers, noop, load: startLoad(owner, say), ...size }, chosen);
    const about = [
      ...machine,
      `Run: each measured ${size.rounds === 1 ? 'once' : `in ${size.rounds} rounds`}, ${((performance.now() - bornAt) / 60_000).toFixed(1)} minutes in all`,
    ];
    const run = formatRun(rows, about);
    console.log(`\n${run}`);
    // Part of the measurements, or a quick run, is not written to the document.
    if (chosen.length === measurements.length && !isQuick) {
      writeRun(run);
      console.log('\nWritten to docs/benchmarks.md');
    }
  });
};

try {
  await main();
} catch (error) {
  const isClear = error instanceof Error && error.cause === undefined;
  // A terminal signals its whole process group, so the measured processes end too. That is not
  // their failure.
  if (stoppedBy !== undefined) console.error(`\nStopped by ${stoppedBy}`);
  else console.error(`\n${isClear ? error.message : inspect(error)}`);
  // Abandoned work may still be waiting.
  process.exit(1);
}
