import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { findProgram } from '@sluice/local/servers/find-program.ts';
import { repository } from '@sluice/local/folder.ts';
import { canInstall, installPackages } from '@sluice/local/install-packages.ts';

const installsWithinMs = 580_000;

/**
 * Installs the Python packages that a file pins, in an environment of their own, unless they are
 * installed. Returns the folder of its programs. Throws when pip cannot install them.
 */
export const installRequirements = (requirements: string): string => {
  const version = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 16);
  const name = basename(requirements, '.txt');
  const folder = join(repository, '.sluice', `${name}-${version}`);
  const { status, stderr, error } = spawnSync(
    findPython(),
    [join(import.meta.dirname, 'install-requirements.py'), folder, requirements],
    { encoding: 'utf8', timeout: installsWithinMs },
  );
  if (status !== 0) throw new Error(`${name} could not be installed: ${stderr}`, { cause: error });
  return join(folder, 'bin');
};

/**
 * The environment for these programs. Python keeps compiled modules in their folder, unless a
 * variable of the user's forbids it: moto then compiles for seconds at each start.
 */
export const pythonEnvironment = { ...process.env, PYTHONDONTWRITEBYTECODE: '' };

const advice = 'Python 3.11 or newer with venv is missing. On Debian: sudo apt-get install python3-venv';

const findPython = (): string => {
  const found = find();
  if (found !== undefined) return found;
  const failure = canInstall() ? installPackages(['python3-venv']) : undefined;
  const installed = find();
  if (installed === undefined) throw new Error([advice, failure].join('\n').trim());
  return installed;
};

const find = (): string | undefined => {
  const python = findProgram('python3');
  if (python === undefined) return undefined;
  return spawnSync(python, ['-c', 'import ensurepip, venv']).status === 0 ? python : undefined;
};
