import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileServices } from '@sluice/local/compile-services.ts';
import { privateServers } from '@sluice/local/servers/private-servers.ts';
import { createSupervisor } from '@sluice/local/processes/supervise.ts';
import { findChromium } from './browser/find-chromium.ts';

// `npm test [-- files]`: runs the tests on their own Redis and MySQL, and removes both afterwards.

const say = (text: string) => process.stdout.write(`${text}\n`);
// Node reads no option behind the name of a file.
const isOption = (word: string) => word.startsWith('-');
const options = process.argv.slice(2).filter(isOption);
const given = process.argv.slice(2).filter((word) => !isOption(word));
const everything = ['apps', 'bench', 'infra', 'packages', 'tools', 'tests'].map((folder) => `${folder}/**/*.test.ts`);
// Most of the time tests wait, for a deadline or for another process.
const filesAtOnce = 3;
// Killing 100 consumers takes five minutes on a busy machine.
const longestTestMs = 600_000;
// Node ends no test that blocks its own thread.
const longestRunMs = 2_700_000;

const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
const servers = createSupervisor({
  onLine: () => undefined,
  onDeath: (part, how, lines) => say([`${part} died (${how}):`, ...lines].join('\n')),
  onChange: () => undefined,
});

let endTests = () => Promise.resolve();

const runTests = async (environment: Readonly<Record<string, string>>): Promise<number> => {
  const child = spawn(
    process.execPath,
    [
      '--test',
      `--test-concurrency=${filesAtOnce}`,
      `--test-timeout=${longestTestMs}`,
      ...options,
      ...(given.length > 0 ? given : everything),
    ],
    {
      stdio: 'inherit',
      env: { ...process.env, ...environment },
      timeout: given.length > 0 ? undefined : longestRunMs,
      killSignal: 'SIGKILL',
    },
  );
  const ended = once(child, 'exit');
  endTests = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  await ended;
  return child.exitCode ?? 1;
};

const stop = async () => {
  await endTests();
  await servers.stop();
  rmSync(folder, { recursive: true });
  process.exit(1);
};

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => void stop());
}

try {
  // Installs Chromium before the tests, so that no test spends its time on it.
  if (given.length === 0 || given.some((file) => file.includes('tests/browser'))) findChromium();
  const { parts, environment } = await privateServers(folder, process.env, say);
  // Tests start hundreds of these processes, and end most of them by SIGKILL.
  await Promise.all([...parts.map(servers.start), compileServices()]);
  process.exitCode = await runTests(environment);
} finally {
  await servers.stop();
  rmSync(folder, { recursive: true });
}
