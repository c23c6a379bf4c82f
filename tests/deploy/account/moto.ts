import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '@sluice/local/servers/find-program.ts';
import { repository } from '@sluice/local/folder.ts';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import type { Owner } from '@sluice/test-servers/test-file.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { installPackages } from '../install-packages.ts';

const requirements = join(import.meta.dirname, 'moto.txt');
const installsWithinMs = 280_000;
const startsWithinMs = 120_000;

/**
 * Starts moto's server with an empty AWS account on a loopback port, until its owner ends. Returns
 * the port.
 */
export const startMoto = async (owner: Owner, accountId: string): Promise<number> => {
  const python = installMoto();
  const port = await findFreePort();
  const server = spawn(python, ['-m', 'moto.server', '--host', '127.0.0.1', '--port', String(port)], {
    env: { ...process.env, MOTO_ACCOUNT_ID: accountId },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(server, 'exit');
  let log = '';
  server.stderr.on('data', (chunk) => {
    log = `${log}${String(chunk)}`.slice(-10_000);
  });
  owner.after(async () => {
    server.kill('SIGTERM');
    await ended;
  });
  await waitUntil(async () => {
    if (server.exitCode !== null) throw new Error(`moto ended by itself:\n${log}`);
    return fetch(`http://127.0.0.1:${port}/moto-api/data.json`).then(
      async (answer) => {
        await answer.body?.cancel();
        return answer.ok;
      },
      () => false,
    );
  }, startsWithinMs);
  return port;
};

/**
 * Installs the version of moto that `moto.txt` pins, unless it is installed. Returns the path of
 * its Python.
 */
const installMoto = (): string => {
  const version = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 16);
  const folder = join(repository, '.sluice', `moto-${version}`);
  const { status, stderr, error } = spawnSync(
    findPython(),
    [join(import.meta.dirname, 'install-moto.py'), folder, requirements],
    { encoding: 'utf8', timeout: installsWithinMs },
  );
  if (status !== 0) throw new Error(`moto could not be installed: ${stderr}`, { cause: error });
  return join(folder, 'bin/python');
};

const advice =
  'The tests of deploying need Python 3.11 or newer with venv (Debian: sudo apt-get install python3-venv), for an account that is emulated.';

const findPython = (): string => {
  const found = find();
  if (found !== undefined) return found;
  installPackages(['python3-venv'], advice);
  const installed = find();
  if (installed === undefined) throw new Error(advice);
  return installed;
};

const find = (): string | undefined => {
  const python = findProgram('python3');
  if (python === undefined) return undefined;
  return spawnSync(python, ['-c', 'import ensurepip, venv']).status === 0 ? python : undefined;
};
