import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { repository } from '@sluice/local/folder.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';

const main = join(repository, 'tools/local/main.ts');
const givenServers = new Set([
  'REDIS_HOST',
  'REDIS_PORT',
  'REDIS_PASSWORD',
  'DB_HOST',
  'DB_PORT',
  'DB_USER',
  'DB_PASSWORD',
  'DB_NAME',
]);

/** A folder for the data, removed after the test. */
export const createFolder = (test: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-system-'));
  test.after(() => rmSync(folder, { recursive: true }));
  return folder;
};

/** Starts the whole as `npm start` does; it is stopped after the test. */
export const start = (test: TestContext, folder: string, environment: Readonly<Record<string, string>>) => {
  const inherited = Object.entries(process.env).filter(([name]) => !givenServers.has(name));
  const child = spawn(process.execPath, [main], {
    env: { ...Object.fromEntries(inherited), SLUICE_DIR: folder, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += String(chunk);
    });
  }
  const ended = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGINT');
    const [code] = (await ended) as unknown[];
    return Number(code);
  };
  test.after(stop);
  const untilOutput = (pattern: RegExp) =>
    waitUntil(() => {
      if (child.exitCode !== null) assert.fail(`It ended:\n${output}`);
      return pattern.test(output);
    }, 30_000);
  return { child, ended, stop, output: () => output, untilOutput, untilUp: () => untilOutput(/Try it/) };
};
