import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repository } from '@sluice/local/folder.ts';
import type { Owner } from './test-file.ts';
import { waitUntil } from './wait.ts';

const ofGivenServers = /^(?:REDIS_(?:HOST|PORT|PASSWORD)|DB_(?:HOST|PORT|USER|PASSWORD|NAME))$/;

/** Creates a data folder that is removed after the test. */
export const createFolder = (test: Owner): string => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-system-'));
  test.after(() => rmSync(folder, { recursive: true }));
  return folder;
};

type StartOptions = {
  /** A command that runs Node with these arguments: a shell or a namespace. */
  readonly through?: readonly string[];
  readonly args?: readonly string[];
  /** The repository in which `npm start` runs. */
  readonly repository?: string;
};

/** Returns the environment of this test without the servers of the test run. */
export const ownEnvironment = (): Record<string, string> => {
  const inherited = Object.entries(process.env).filter(([name]) => !ofGivenServers.test(name));
  return Object.fromEntries(inherited.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
};

/** Starts Sluice as `npm start` does, and stops it after the test. */
export const start = (
  test: Owner,
  folder: string,
  environment: Readonly<Record<string, string>>,
  { through = [], args = [], repository: root = repository }: StartOptions = {},
) => {
  const [program, ...before] = [...through, process.execPath];
  const child = spawn(program, [...before, join(root, 'tools/local/main.ts'), ...args], {
    env: { ...ownEnvironment(), SLUICE_DIR: folder, ...environment },
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
  // unshare ignores that signal. SIGKILL ends it and all its children.
  test.after(() => (through[0] === 'unshare' ? child.kill('SIGKILL') && ended : stop()));
  const untilOutput = (pattern: RegExp) =>
    waitUntil(() => {
      if (child.exitCode !== null) assert.fail(`It ended:\n${output}`);
      return pattern.test(output);
    });
  return { child, ended, stop, output: () => output, untilOutput, untilUp: () => untilOutput(/Try it/) };
};
