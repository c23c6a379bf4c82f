import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

// The drill runs in namespaces of its own: network, mounts and processes. The kernel ends all of
// them with their first process, so a drill leaves nothing behind, however it ends.

/**
 * Runs a Node.js program in namespaces of its own. Passes signals on to it. Resolves with its exit
 * status.
 */
export const runIsolated = async (args: readonly string[]): Promise<number> => {
  const { PATH, HOME, TERM, REDIS_PROGRAM, MYSQL_PROGRAM, SLUICE_DIR, NODE_COMPILE_CACHE } = process.env;
  const namespaces = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const child = spawn('unshare', [...namespaces, process.execPath, ...args], {
    // Without the variables that configure a Sluice.
    env: { PATH, HOME, TERM, REDIS_PROGRAM, MYSQL_PROGRAM, SLUICE_DIR, NODE_COMPILE_CACHE },
    // It ends when this process has ended and the pipe is closed.
    stdio: ['pipe', 'inherit', 'inherit'],
    detached: true,
  });
  // To the group: `unshare` itself takes no signal.
  const pass = (signal: NodeJS.Signals) => process.kill(-Number(child.pid), signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, pass);
  await once(child, 'exit');
  return child.exitCode ?? 128 + constants.signals[child.signalCode ?? 'SIGKILL'];
};

// The drill comes before what it measures: on a busy machine its own questions would be late.
const priority = -10;

/** The command that runs a program with the ordinary priority. */
export const withoutPriority: readonly string[] = ['nice', '-n', String(-priority)];

/** Prepares the namespaces of this process: its own `/run`, and its end with its parent. */
export const settleIn = (): void => {
  setPriority(priority);
  execFileSync('mount', ['-t', 'tmpfs', 'drill', '/run']);
  mkdirSync('/run/drill');
  process.stdin
    .resume()
    .on('end', () => process.exit(1))
    .unref();
};
