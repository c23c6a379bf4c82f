import { execFile, type ExecFileException } from 'node:child_process';

type RunOptions = {
  /** Beside the environment of this process. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly withinMs?: number;
};

/** A command ended with another code than 0, could not be started, or took too long. */
export class CommandError extends Error {
  readonly code = 'COMMAND_FAILED';
}

const defaultWithinMs = 180_000;
const mostOutputBytes = 256 * 1_048_576;
const shownLines = 40;

/** Runs a command to its end and resolves with what it wrote, without the last line's end. Throws a {@link CommandError} that says what it wrote. */
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
