import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { repository } from '@sluice/local/folder.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import type { EmulatedAccount } from './account/account.ts';

/** The exit code and the output of a finished command. */
export type Ended = { readonly code: number | null; readonly output: string };

/** A command in progress. */
export type Running = {
  readonly output: () => string;
  /**
   * Resolves when the output matches `what`. Throws when it does not within two minutes, or when
   * the command exits first.
   */
  readonly says: (what: RegExp) => Promise<void>;
  readonly signal: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<Ended>;
};

const speaksWithinMs = 240_000;

/**
 * Starts a command of tools/deploy for an account, without a terminal. `sources` is the folder of
 * another copy of the repository.
 */
export const start = (
  { variables }: Pick<EmulatedAccount, 'variables'>,
  command: 'deploy' | 'destroy' | 'status' | 'logs' | 'ops',
  words: readonly string[],
  more: NodeJS.ProcessEnv = {},
  sources = repository,
): Running => {
  const child = spawn(process.execPath, [join(sources, 'tools/deploy/commands', `${command}.ts`), ...words], {
    cwd: sources,
    env: { ...withoutAws(process.env), ...variables, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += String(chunk);
    });
  const ended = once(child, 'close').then(() => ({ code: child.exitCode, output }));
  return {
    output: () => output,
    says: async (what) => {
      await waitUntil(() => what.test(output) || child.exitCode !== null, speaksWithinMs);
      if (!what.test(output)) throw new Error(`It ended without saying ${String(what)}:\n${output}`);
    },
    signal: (signal) => void child.kill(signal),
    ended,
  };
};

/** Runs a command to its end. */
export const run = (...given: Parameters<typeof start>): Promise<Ended> => start(...given).ended;

/** Removes the AWS variables of the user who runs the tests. */
export const withoutAws = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('AWS_') && name !== 'ENV'));
