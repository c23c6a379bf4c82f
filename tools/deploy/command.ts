import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { CommandError, explain, sayFault } from './explain.ts';
import { createProgress, type Progress } from './progress.ts';

/** What a command works with beside its environment. */
export type Work = {
  readonly progress: Progress;
  /** Ends everything that waits, when somebody interrupts the command. */
  readonly signal: AbortSignal;
  /** The pause between two questions to AWS, in milliseconds. */
  readonly pollMs: number;
};

/** Somebody pressed Ctrl-C, or ended the process. */
export class InterruptedError extends Error {
  readonly code = 'INTERRUPTED';
}

/** A command was called in a way that it does not know; the message shows how. */
export class UsageError extends Error {
  readonly code = 'USAGE';
}

/** The pause between two questions to AWS, unless `SLUICE_POLL_MS` is another: often enough to follow, seldom enough for its limits. */
export const usualPollMs = 5_000;

const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129, SIGPIPE: 141 } as const;

/** Waits until AWS may be asked again. Throws an {@link InterruptedError} when the command is interrupted. */
export const pause = async ({ signal, pollMs }: Work): Promise<void> => {
  throwIfInterrupted(signal);
  try {
    await sleep(pollMs, undefined, { signal });
  } catch (error) {
    throwIfInterrupted(signal);
    throw error;
  }
};

/** Throws an {@link InterruptedError} when the command was interrupted. */
export const throwIfInterrupted = (signal: AbortSignal): void => {
  if (signal.aborted) throw new InterruptedError('Interrupted', { cause: signal.reason });
};

/**
 * Runs a command and ends with what it says: its exit code, 1 with the reason where it failed, 2 where it was misused, and 128 more than the
 * signal where it was interrupted. After the first signal it ends as soon as it can be gone on with; a second ends it at once.
 */
export const runCommand = async (main: (work: Work) => Promise<number>): Promise<void> => {
  const progress = createProgress(process.stdout);
  const controller = new AbortController();
  let interruptedWith: number | undefined;
  // Whoever read it is gone: a pipe that ended, a terminal that was closed. Nobody listens, and what was taken is given back all the same.
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
      progress.warn('Stopping at the next point from which it can go on; once more to stop at once.');
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
    process.stderr.write(`\n${sayEnd(error, interruptedWith !== undefined)}\n`);
    process.exitCode = interruptedWith ?? (error instanceof UsageError ? 2 : 1);
  }
};

const readPollMs = (text = ''): number => {
  if (text === '') return usualPollMs;
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new UsageError(`SLUICE_POLL_MS is ${text}; it must be 1 to 999999, in milliseconds`);
};

const sayEnd = (error: unknown, isInterrupted: boolean): string => {
  if (error instanceof UsageError || error instanceof CommandError) return error.message;
  if (isInterrupted) {
    return 'Interrupted. What CloudFormation has begun it ends by itself; run the same command again to go on.';
  }
  // What nobody foresaw is a fault of this program, and its place helps.
  if (error instanceof TypeError || error instanceof RangeError) return inspect(error);
  return sayFault(explain(error));
};

/** Ctrl-C at a question (@inquirer/core names its error so). */
const isPromptEnded = (error: unknown): boolean => error instanceof Error && error.name === 'ExitPromptError';
