import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { repository } from '@sluice/local/folder.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import type { Owner } from './owner.ts';

const startsWithinMs = 30_000;
const keptLines = 15;

/** A process that is measured, or compared with. */
export type Service = { readonly pid: number; readonly end: () => Promise<void> };

/**
 * Returns the environment for a program, without variables in the shell that configure Sluice. It
 * keeps NODE_OPTIONS, so you can debug or profile the measured process.
 */
export const plainEnvironment = (): Record<string, string | undefined> => {
  const { PATH, HOME, TMPDIR, DOCKER_HOST, NODE_OPTIONS } = process.env;
  return { PATH, HOME, TMPDIR, DOCKER_HOST, NODE_OPTIONS };
};

/**
 * Starts a Node.js program of the repository and waits for the line that reports its start. The
 * owner ends it. Throws with its last lines if it does not start.
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
  // Its data is thrown away, so a graceful shutdown would gain nothing.
  const end = async () => {
    child.kill('SIGKILL');
    if (!hasEnded()) await ended;
  };
  owner.after(end);
  await waitUntil(() => hasEnded() || isUp, startsWithinMs).catch(() => undefined);
  if (hasEnded() || !isUp) throw new Error(`node ${args.join(' ')} did not start:\n${lines.join('\n')}`);
  return { pid: Number(child.pid), end };
};

/**
 * Starts a server of the benchmark by its file in the repository. Returns the port, which the
 * server reports.
 */
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
