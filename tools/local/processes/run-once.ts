import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { PartError } from './supervise.ts';

type Command = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
};

/**
 * Runs a command to its end and returns the lines of its output. Throws a {@link PartError} with
 * them if the command fails.
 */
export const runOnce = async ({ name, command, args, env }: Command): Promise<string[]> => {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => lines.push(line));
  }
  const [code] = (await once(child, 'close')) as unknown[];
  if (code !== 0) throw new PartError([`${name} failed:`, ...lines.map((line) => `  ${line}`)].join('\n'));
  return lines;
};
