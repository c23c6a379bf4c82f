import { parseArgs } from 'node:util';
import { compileServices } from '@sluice/local/compile-services.ts';
import { runCommand } from '@sluice/bench/parts/run-command.ts';
import { drill } from './drill.ts';
import { faults } from './faults/all.ts';
import { settleIn } from './hosts/isolate.ts';
import { drillMutations } from './mutations.ts';
import { patchProgram } from './patch-program.ts';
import { formatVerdict } from './report/report.ts';
import { writeRun } from './report/write-run.ts';
import { createSchedule } from './schedule/schedule.ts';
import { startSystem } from './system/system.ts';

// `node tests/drill/run.ts`: one run, in namespaces that main.ts made for it. Exits with 3 if a rule
// is broken.

const brokenStatus = 3;

const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: '' },
    seed: { type: 'string' },
    minutes: { type: 'string' },
    quick: { type: 'boolean', default: false },
    mutation: { type: 'string' },
  },
});
const seed = Number(values.seed);
const mutation = drillMutations.find(({ name }) => name === values.mutation);
const minMs = mutation === undefined ? Number(values.minutes) * 60_000 : 0;
const planned =
  mutation?.schedule ?? createSchedule(faults, { seed, minutes: Number(values.minutes), isQuick: values.quick });

const say = (ms: number, text: string) => process.stdout.write(`${(ms / 1_000).toFixed(0).padStart(5)} s  ${text}\n`);

await runCommand(async (unlessStopped) => {
  settleIn();
  if (mutation !== undefined) patchProgram(mutation.name);
  const startedAt = performance.now();
  let loadedAt = startedAt;
  await unlessStopped(compileServices());
  const note = (text: string) => say(performance.now() - loadedAt, text);
  const system = await unlessStopped(startSystem(values.folder, note));
  say(performance.now() - startedAt, `the system runs; ${planned.length} faults are planned`);
  loadedAt = performance.now();
  const run = { seed, ...(await unlessStopped(drill(system, planned, minMs, say))) };
  writeRun(values.folder, run);
  for (const line of formatVerdict(run)) process.stdout.write(`         ${line}\n`);
  process.exit(run.findings.every(({ violations }) => violations.length === 0) ? 0 : brokenStatus);
});
