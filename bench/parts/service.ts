import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { repository } from '@sluice/local/folder.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import type { Owner } from './owner.ts';

const startsWithinMs = 30_000;
const keptLines = 15;

/** A process that is measured, or measured against. */
export type Service = { readonly pid: number; readonly end: () => Promise<void> };

/**
 * What a program gets of the environment of this one: none of the variables with which a shell may set up Sluice. Options of Node are handed on, so
 * that what is measured can be looked into.
 */
export const plainEnvironment = (): Record<string, string | undefined> => {
  const { PATH, HOME, TMPDIR, DOCKER_HOST, NODE_OPTIONS } = process.env;
  return { PATH, HOME, TMPDIR, DOCKER_HOST, NODE_OPTIONS };
};

/**
 * Starts a Node program of the repository, waits for the line that says it is up, and ends it with its owner. Throws with its last
 * lines where it does not start.
 */
export const startService = async (
  owner: Owner,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  isUpLine: (line: string) => boolean,
): Promise<Service> => {
  const child = spawn(process.execPath, args, {
    env: { ...plainEnvironment(), ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const lines: string[] = [];
  let isUp = false;
  createInterface({ input: child.stdout }).on('line', (line) => {
    isUp ||= isUpLine(line);
    lines.push(line);
    if (lines.length > keptLines) lines.shift();
  });
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  // What it works on goes with it: nothing is gained by waiting until it has put its work down.
  const end = async () => {
    child.kill('SIGKILL');
    if (!hasEnded()) await ended;
  };
  owner.after(end);
  await waitUntil(() => hasEnded() || isUp, startsWithinMs).catch(() => undefined);
  if (hasEnded() || !isUp) throw new Error(`node ${args.join(' ')} did not start:\n${lines.join('\n')}`);
  return { pid: Number(child.pid), end };
};

/** Starts a server of the benchmark's own, by its file in the repository, and answers with its port, which it says itself. */
export const startServer = async (
  owner: Owner,
  [file, ...args]: readonly [string, ...string[]],
): Promise<Service & { readonly port: number }> => {
  let port = 0;
  const service = await startService(owner, [join(repository, file), ...args], {}, (line) => {
    port = Number(/^listening on (\d+)$/.exec(line)?.[1] ?? 0);
    return port > 0;
  });
  return { ...service, port };
};
