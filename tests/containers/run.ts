import { execFile, type ExecFileException } from 'node:child_process';

type RunOptions = {
  /** Variables in addition to the environment of this process. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly withinMs?: number;
};

/** The error for a command that exited with a code other than 0, did not start, or timed out. */
export class CommandError extends Error {
  readonly code = 'COMMAND_FAILED';
}

const defaultWithinMs = 180_000;
const mostOutputBytes = 256 * 1_048_576;
const shownLines = 40;

/**
 * Runs a command to its end. Resolves with its output without the final newline. Throws a
 * {@link CommandError} with the output.
 */
export const run = (
  command: string,
  args: readonly string[],
  { environment = {}, withinMs = defaultWithinMs }: RunOptions = {},
): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile(
      command,
      args,
      { env: { ...process.env, ...environment }, timeout: withinMs, killSignal: 'SIGKILL', maxBuffer: mostOutputBytes },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout.trimEnd());
        else
          reject(
            new CommandError(describe(error, [command, ...args].join(' '), `${stdout}${stderr}`), { cause: error }),
          );
      },
    );
  });

const describe = ({ killed, code, signal }: ExecFileException, command: string, output: string): string =>
  [
    `${command} ${killed === true ? 'took too long' : `failed (${signal ?? code})`}:`,
    ...output
      .trimEnd()
      .split('\n')
      .slice(-shownLines)
      .map((line) => `  ${line}`),
  ].join('\n');
