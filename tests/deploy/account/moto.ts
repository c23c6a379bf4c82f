import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import type { Owner } from '@sluice/test-servers/test-file.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { installRequirements, pythonEnvironment } from '@sluice/test-servers/install-requirements.ts';

const startsWithinMs = 120_000;

/**
 * Starts moto's server with an empty AWS account on a loopback port, until its owner ends. Returns
 * the port.
 */
export const startMoto = async (owner: Owner, accountId: string): Promise<number> => {
  const python = join(installRequirements(join(import.meta.dirname, 'moto.txt')), 'python');
  const port = await findFreePort();
  const server = spawn(python, ['-m', 'moto.server', '--host', '127.0.0.1', '--port', String(port)], {
    env: { ...pythonEnvironment, MOTO_ACCOUNT_ID: accountId },
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
