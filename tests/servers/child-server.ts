import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Owner } from './test-file.ts';
import { waitUntil } from './wait.ts';

const startWithinMs = 60_000;

/** A server that a test started and that stops with the test. */
export type ChildServer = {
  readonly pid: number;
  /** The lines of its output, oldest first. */
  readonly lines: readonly string[];
  readonly hasEnded: () => boolean;
};

/**
 * Starts a server and resolves when `isReady` returns true. Throws with the server's output when it
 * exits first or is not ready within 60 s.
 */
export const startChildServer = async (
  owner: Owner,
  command: readonly [program: string, ...args: readonly string[]],
  isReady: (lines: readonly string[]) => Promise<boolean>,
): Promise<ChildServer> => {
  const [program, ...args] = command;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit');
  const lines: string[] = [];
  for (const output of [child.stdout, child.stderr]) {
    createInterface({ input: output }).on('line', (line) => lines.push(line));
  }
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  owner.after(async () => {
    // SIGKILL would leave the workers of nginx running.
    child.kill('SIGTERM');
    await ended;
  });
  let ready = false;
  const isReadyOrEnded = async () => {
    ready = await isReady(lines).catch(() => false);
    return ready || hasEnded();
  };
  await waitUntil(isReadyOrEnded, startWithinMs).catch(() => undefined);
  if (!ready || hasEnded()) throw new Error(`${program} did not start:\n${lines.join('\n')}`);
  return { pid: Number(child.pid), lines, hasEnded };
};
