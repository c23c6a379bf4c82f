import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { repository } from '@sluice/local/folder.ts';
import { privateServers } from '@sluice/local/servers/private-servers.ts';
import { createSupervisor } from '@sluice/local/processes/supervise.ts';
import { checkMutations } from './check-mutations.ts';
import { copyProgram } from './copy-program.ts';
import { readMutations, type Mutation } from './mutation.ts';
import { proveMutations, verdictOf, type Verdict } from './prove.ts';
import { reportFaults, reportTable } from './report.ts';

// `npm run test:mutations [-- names]`: applies one mutation after the other to a copy of the
// program and checks that its test fails. With --check it only checks that the patches apply and
// the tests exist. Exit codes: 0 if all mutations are caught, 1 if one is not, 2 after misuse.

const say = (text: string) => process.stdout.write(`${text}\n`);
const warn = (text: string) => process.stderr.write(`${text}\n`);
const usage = `usage: npm run test:mutations -- [--check] [name …]
  --check  only checks that the patches apply and that the tests exist
  name     of a file tests/mutations/patches/name.patch; all when none is given`;

class UsageError extends Error {
  readonly code = 'MISUSED';
}

class StoppedError extends Error {
  readonly code = 'STOPPED';
}

const readWords = () => {
  try {
    return parseArgs({ allowPositionals: true, options: { check: { type: 'boolean', default: false } } });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
};

const choose = (mutations: readonly Mutation[], names: readonly string[]): readonly Mutation[] => {
  const unknown = names.filter((name) => !mutations.some((mutation) => mutation.name === name));
  if (unknown.length > 0) throw new UsageError(`There is no mutation ${unknown.join(', ')}`);
  return names.length === 0 ? mutations : mutations.filter(({ name }) => names.includes(name));
};

const prove = async (mutations: readonly Mutation[], stopping: AbortSignal): Promise<Verdict[]> => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-mutations-')));
  const servers = createSupervisor({
    onLine: () => undefined,
    onDeath: (part, how, lines) => warn([`${part} died (${how}):`, ...lines].join('\n')),
    onChange: () => undefined,
  });
  try {
    const program = join(folder, 'program');
    // Killed processes leave files behind.
    const temporary = join(folder, 'tmp');
    mkdirSync(temporary);
    await copyProgram(repository, program);
    const { parts, environment } = await privateServers(join(folder, 'servers'), process.env, say);
    await Promise.all(parts.map(servers.start));
    return await proveMutations(mutations, {
      program,
      environment: { ...process.env, ...environment, TMPDIR: temporary },
      stopping,
      onProgress: say,
    });
  } finally {
    await servers.stop();
    rmSync(folder, { recursive: true });
  }
};

const run = async (): Promise<number> => {
  const { positionals, values } = readWords();
  const folder = fileURLToPath(new URL('patches/', import.meta.url));
  const mutations = choose(await readMutations(folder), positionals);
  const faults = await checkMutations(repository, mutations);
  if (faults.length > 0 || values.check) {
    warn(reportFaults(faults.map(verdictOf)));
    say(`${mutations.length} mutations, ${faults.length} with a fault`);
    return faults.length === 0 ? 0 : 1;
  }
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => stopping.abort(new StoppedError(`Stopped by ${signal}`)));
  const verdicts = await prove(mutations, stopping.signal);
  say(`\n${reportTable(verdicts)}`);
  const missed = verdicts.filter(({ verdict }) => verdict !== 'caught').length;
  if (missed > 0) warn(`\n${reportFaults(verdicts)}`);
  say(`\n${verdicts.length} mutations, ${verdicts.length - missed} caught`);
  return missed === 0 ? 0 : 1;
};

try {
  process.exitCode = await run();
} catch (error) {
  // An error with a code is an expected one, so its message is enough.
  warn(error instanceof Error ? String('code' in error ? error.message : error.stack) : String(error));
  if (error instanceof UsageError) warn(usage);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
