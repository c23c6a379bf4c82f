import { copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { minutesSoFar } from '@sluice/bench/parts/run-command.ts';
import { writeDrill } from '@sluice/bench/report/table.ts';
import { dataFolder, repository } from '@sluice/local/folder.ts';
import type { Finding } from './checker/check.ts';
import { runIsolated } from './hosts/isolate.ts';
import { drillMutations, type DrillMutation } from './mutations.ts';
import { readOptions, type Options } from './options.ts';
import { chartFile, findingsFile, reportFile } from './report/write-run.ts';
import { meetRequirements } from './requirements.ts';

// `npm run drill [-- --quick] [-- --minutes 10] [-- --seed 1] [-- --write]`: a whole system under load
// and faults, and a comparison of what clients saw with what is recorded. Exits with 0 only if no
// rule is broken. With --quick it also runs mutations of Sluice, each of which must break a rule.

const say = (text: string) => process.stdout.write(`${text}\n`);

/** Makes the folder that keeps a run. That of an earlier run with the same name is removed. */
const folderOf = (name: string): string => {
  const folder = join(dataFolder(), 'drill', name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
};

const run = async (folder: string, ...options: readonly string[]): Promise<number> =>
  runIsolated([join(import.meta.dirname, 'run.ts'), '--folder', folder, ...options]);

/** Runs the program with a mutation. Returns true if that broke the rule that it must break. */
const isCaught = async ({ name, rule }: DrillMutation): Promise<boolean> => {
  say(`\nMutation ${name}: it must break the rule "${rule}"`);
  const folder = folderOf(`mutation-${name}`);
  if ((await run(folder, '--mutation', name, '--seed', '0')) === 0) return false;
  const findings = readFindings(join(folder, findingsFile));
  return findings.some((finding) => finding.rule === rule && finding.violations.length > 0);
};

const readFindings = (file: string): Finding[] => {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- run.ts wrote it
    return JSON.parse(readFileSync(file, 'utf8')) as Finding[];
  } catch {
    // The run ended before it had a result.
    return [];
  }
};

const writeDocument = (folder: string): void => {
  writeDrill(readFileSync(join(folder, reportFile), 'utf8').trim());
  copyFileSync(join(folder, chartFile), join(repository, 'docs/drill.svg'));
  say('Written to docs/proof.md and docs/drill.svg');
};

const runAll = async ({ seed, minutes, isQuick, isWritten }: Options): Promise<boolean> => {
  meetRequirements(say);
  const folder = folderOf(`seed-${seed}`);
  say(`Seed ${seed}; the history is kept in ${relative(repository, folder)}`);
  const options = ['--seed', String(seed), '--minutes', String(minutes), ...(isQuick ? ['--quick'] : [])];
  if ((await run(folder, ...options)) !== 0) {
    say(`The same faults again: npm run drill -- ${isQuick ? '--quick' : `--minutes ${minutes}`} --seed ${seed}`);
    return false;
  }
  if (isWritten) writeDocument(folder);
  if (!isQuick) return true;
  for (const mutation of drillMutations) {
    if (!(await isCaught(mutation))) {
      say(`NOT CAUGHT: ${mutation.name}`);
      return false;
    }
    say(`Caught: ${mutation.name}`);
  }
  return true;
};

try {
  const isGood = await runAll(readOptions(process.argv.slice(2)));
  say(`\n${isGood ? 'PASSED' : 'FAILED'} after ${minutesSoFar()} minutes`);
  if (!isGood) process.exitCode = 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
