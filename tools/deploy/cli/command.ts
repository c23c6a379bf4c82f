import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { CommandError, explain, formatIssue } from './explain.ts';
import { createProgress, type Progress } from './progress.ts';

/** The tools of a command, in addition to its environment. */
export type Work = {
  readonly progress: Progress;
  /** Aborts everything that waits, when the command is interrupted. */
  readonly signal: AbortSignal;
  /** The pause between two polls of AWS, in milliseconds. */
  readonly pollMs: number;
};

/** The error after Ctrl-C, or after another signal that ends the process. */
export class InterruptedError extends Error {
  readonly code = 'INTERRUPTED';
}

/** The error for wrong usage of a command. The message shows the correct usage. */
export class UsageError extends Error {
  readonly code = 'USAGE';
}

/**
 * The default pause between two polls of AWS, in milliseconds. `SLUICE_POLL_MS` overrides it. It is
 * short enough to follow progress and long enough for AWS's rate limits.
 */
export const usualPollMs = 5_000;

const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129, SIGPIPE: 141 } as const;

/**
 * Waits until the next poll of AWS. Throws an {@link InterruptedError} if the command is
 * interrupted.
 */
export const pause = async ({ signal, pollMs }: Work): Promise<void> => {
  throwIfInterrupted(signal);
  try {
    await sleep(pollMs, undefined, { signal });
  } catch (error) {
    throwIfInterrupted(signal);
    throw error;
  }
};

/** Throws an {@link InterruptedError} if the command was interrupted. */
export const throwIfInterrupted = (signal: AbortSignal): void => {
  if (signal.aborted) throw new InterruptedError('Interrupted', { cause: signal.reason });
};

/**
 * Runs a command and sets its exit code: 1 with the reason if it failed, 2 for wrong usage, and 128
 * plus the signal if it was interrupted. After the first signal it ends as soon as a later run can
 * continue. A second signal ends it at once.
 */
export const runCommand = async (main: (work: Work) => Promise<number>): Promise<void> => {
  const progress = createProgress(process.stdout);
  const controller = new AbortController();
  let interruptedWith: number | undefined;
  // The reader is gone: a pipe ended, or a terminal was closed. The command still cleans up.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', ({ code }: NodeJS.ErrnoException) => {
      interruptedWith ??= exitCodes.SIGPIPE;
      controller.abort(code);
    });
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (interruptedWith !== undefined) process.exit(interruptedWith);
      interruptedWith = exitCodes[name];
      progress.warn('Stopping at the next safe point. Interrupt again to stop at once.');
      controller.abort(name);
    });
  }
  try {
    const pollMs = readPollMs(process.env['SLUICE_POLL_MS']);
    process.exitCode = await main({ progress, signal: controller.signal, pollMs });
    progress.clear();
  } catch (error) {
    progress.clear();
    if (isPromptEnded(error)) interruptedWith ??= exitCodes.SIGINT;
    process.stderr.write(`\n${formatEnd(error, interruptedWith !== undefined)}\n`);
    process.exitCode = interruptedWith ?? (error instanceof UsageError ? 2 : 1);
  }
};

const readPollMs = (text = ''): number => {
  if (text === '') return usualPollMs;
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new UsageError(`SLUICE_POLL_MS is ${text}; it must be 1 to 999999, in milliseconds`);
};

const formatEnd = (error: unknown, isInterrupted: boolean): string => {
  if (error instanceof UsageError || error instanceof CommandError) return error.message;
  if (isInterrupted) {
    return 'Interrupted. CloudFormation finishes its current operation by itself. To resume, run the same command again.';
  }
  // An unexpected error is a bug in this program, and its stack trace helps.
  if (error instanceof TypeError || error instanceof RangeError) return inspect(error);
  return formatIssue(explain(error));
};

/** Returns true for Ctrl-C at a prompt (@inquirer/core gives its error this name). */
const isPromptEnded = (error: unknown): boolean => error instanceof Error && error.name === 'ExitPromptError';
