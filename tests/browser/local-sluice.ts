import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repository } from '@sluice/local/folder.ts';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';

const startsWithinMs = 120_000;

/**
 * Starts Sluice as `npm start` does, on free ports and with its own data. The data is deleted when
 * it stops.
 */
export const startLocalSluice = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-shown-'));
  const [port, consolePort] = [await findFreePort(), await findFreePort()];
  const environment = {
    ...process.env,
    SLUICE_DIR: folder,
    HTTP_PORT: String(port),
    CONSOLE_PORT: String(consolePort),
  };
  const child = spawn(process.execPath, [join(repository, 'tools/local/main.ts')], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += String(chunk);
  });
  const stop = async () => {
    child.kill('SIGINT');
    await ended;
    rmSync(folder, { recursive: true });
  };
  const isUp = () => child.exitCode !== null || output.includes('Try it');
  await waitUntil(isUp, startsWithinMs).catch(() => undefined);
  if (!output.includes('Try it')) {
    await stop();
    throw new Error(`Sluice did not start:\n${output}`);
  }

  /** Returns the process id of a part whose command line contains `part`. */
  const pidOf = (part: string): number => {
    const noted: unknown = JSON.parse(readFileSync(join(folder, 'running.json'), 'utf8'));
    const found: unknown = Array.isArray(noted)
      ? noted.find((process) => JSON.stringify(process).includes(part))
      : undefined;
    if (typeof found !== 'object' || found === null || !('pid' in found)) throw new Error(`${part} does not run`);
    return Number(found.pid);
  };

  /** Runs an operator command to its end. */
  const operate = async (...words: string[]): Promise<void> => {
    const command = spawn(
      process.execPath,
      [join(repository, 'tools/local/operate.ts'), 'consumer/operator', ...words],
      {
        env: environment,
        stdio: 'ignore',
      },
    );
    await once(command, 'exit');
  };

  const post = async (counts: readonly number[]): Promise<void> => {
    const response = await fetch(`http://127.0.0.1:${port}/counts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ counts }),
    });
    await response.arrayBuffer();
    if (response.status !== 201) throw new Error(`POST /counts was answered with ${response.status}`);
  };

  return { address: `http://127.0.0.1:${consolePort}/`, stop, pidOf, operate, post };
};
