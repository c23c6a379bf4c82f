import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { privateServers } from '@sluice/local/private-servers.ts';
import { createSupervisor } from '@sluice/local/supervise.ts';
import { measurements } from './measurements/all.ts';
import type { Bench } from './parts/bench.ts';
import { startLoad } from './parts/load.ts';
import { withOwner, type Owner } from './parts/owner.ts';
import type { Row } from './parts/row.ts';
import { startServer } from './parts/service.ts';
import { writeDocument } from './report/document.ts';
import { describeRun } from './report/machine.ts';
import { alignCells, tableCells } from './report/table.ts';

// `npm run bench [-- --quick] [-- names]`: measures the pipeline beside its limits, on servers of its own.

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false } },
});

const startServers = async (owner: Owner): Promise<Bench['servers']> => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  owner.after(() => rmSync(folder, { recursive: true }));
  const supervisor = createSupervisor({
    onLine: () => undefined,
    onDeath: (part, how, lines) => console.error([`${part} died (${how}):`, ...lines].join('\n')),
    onChange: () => undefined,
  });
  owner.after(supervisor.stop);
  const { parts, environment } = await privateServers(folder, {}, console.log);
  await Promise.all(parts.map(supervisor.start));
  const { REDIS_PORT = '', REDIS_PASSWORD = '', DB_PORT = '', DB_PASSWORD = '' } = environment;
  const host = '127.0.0.1';
  return {
    redis: { host, port: Number(REDIS_PORT), password: REDIS_PASSWORD },
    mysql: { host, port: Number(DB_PORT), user: 'root', password: DB_PASSWORD },
  };
};

let stoppedBy: NodeJS.Signals | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    stoppedBy = signal;
  });
}

const unknown = positionals.filter((name) => !measurements.some((one) => one.name === name));
if (unknown.length > 0) {
  const names = measurements.map(({ name }) => name).join(', ');
  console.error(`There is no measurement called ${unknown.join(', ')}. There are: ${names}`);
  process.exit(1);
}

await withOwner(async (owner) => {
  const chosen = measurements.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const common = {
    servers: await startServers(owner),
    load: startLoad(owner),
    noop: await startServer(owner, ['bench/noop-server/main.ts']),
    isQuick: values.quick,
    rounds: values.quick ? 2 : 5,
    sliceMs: values.quick ? 200 : 2_000,
  };
  const rows: Row[] = [];
  for (const { name, run } of chosen) {
    const progress = (text: string) => {
      if (stoppedBy !== undefined) throw new Error(`Stopped by ${stoppedBy}`);
      console.log(`${name}: ${text}`);
    };
    // oxlint-disable-next-line no-await-in-loop -- one at a time is what measuring is
    const measured = await run({ ...common, progress });
    for (const line of alignCells(tableCells(measured)).split('\n').slice(1)) console.log(`${name}: ${line}`);
    rows.push(...measured);
  }
  const about = await describeRun(common.servers);
  console.log(`\n${about.join('\n')}\n\n${alignCells(tableCells(rows))}`);
  // A part of the measurements, or figures that mean nothing, are not a run to be shown.
  if (positionals.length === 0 && !values.quick) {
    writeDocument(rows, about);
    console.log('\nWritten to docs/benchmarks.md');
  }
});
