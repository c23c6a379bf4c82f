import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repository } from '@sluice/local/folder.ts';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import type { Measurement } from '../parts/bench.ts';
import type { Owner } from '../parts/owner.ts';
import { figureOf } from '../parts/row.ts';
import { plainEnvironment } from '../parts/service.ts';

const startsWithinMs = 120_000;
const endsWithinMs = 30_000;
const answersWithinMs = 3_000;

export const start: Measurement = {
  name: 'start',
  run: async ({ rounds, isQuick, progress }, owner) => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-start-'));
    owner.after(() => rmSync(folder, { recursive: true }));
    if (!isQuick) {
      progress('the first start, which makes the data');
      await startOnce(folder, owner);
    }
    const seconds: number[] = [];
    for (let round = 0; round < rounds; round++) {
      progress(`round ${round + 1} of ${rounds}`);
      seconds.push((await startOnce(folder, owner)) / 1000);
    }
    return [
      {
        measure: 'npm start, the second time, to the first 201',
        figure: figureOf(seconds, 's', 2),
        target: { is: 'at most', value: 3 },
      },
    ];
  },
};

/** Runs `npm start` until a count is acknowledged, then ends it. Returns the duration in ms. */
const startOnce = async (folder: string, owner: Owner): Promise<number> => {
  const port = await findFreePort();
  let consolePort = port;
  // The same free port may be found twice.
  while (consolePort === port) consolePort = await findFreePort();
  const startedAt = performance.now();
  // Its own process group gets the signal, as from a terminal.
  const child = spawn('npm', ['start'], {
    cwd: repository,
    env: { ...plainEnvironment(), SLUICE_DIR: folder, HTTP_PORT: String(port), CONSOLE_PORT: String(consolePort) },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const end = () => endGroup(Number(child.pid));
  owner.after(end);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += String(chunk);
    });
  }
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const lateAt = startedAt + startsWithinMs;
  let isUp = false;
  await waitUntil(async () => {
    isUp = await isTaken(port);
    return isUp || hasEnded() || performance.now() > lateAt;
  }, 2 * startsWithinMs);
  const took = performance.now() - startedAt;
  const what = hasEnded() ? 'ended before it took a count' : `took no count within ${startsWithinMs / 1000} s`;
  await end();
  if (isUp) return took;
  throw new Error(`npm start ${what}:\n${output}`);
};

const isTaken = async (port: number): Promise<boolean> => {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/count`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"count":1700000000}',
      signal: AbortSignal.timeout(answersWithinMs),
    });
    await response.arrayBuffer();
    return response.status === 201;
  } catch {
    return false;
  }
};

/** Ends a process group. Resolves when none of its processes is left. */
const endGroup = async (group: number): Promise<void> => {
  const signal = (name: NodeJS.Signals | 0): boolean => {
    try {
      return process.kill(-group, name);
    } catch {
      return false;
    }
  };
  signal('SIGINT');
  await waitUntil(() => !signal(0), endsWithinMs);
};
