import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { createInterface } from 'node:readline';
import { InterruptedError, throwIfInterrupted } from './command.ts';
import { CommandError, nameOf } from './explain.ts';

type Options = {
  readonly cwd: string;
  /** What the program is given to read; a secret is given so and never as an argument, which others see. */
  readonly input?: string;
  /** A file that has all that it says. */
  readonly logFile?: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly onLine?: (line: string) => void;
  readonly signal: AbortSignal;
};

/** How a program ended, and what it said: its output, and the last lines of both its output and its errors. */
export type Ended = { readonly status: number; readonly output: string; readonly lastLines: readonly string[] };

const lastLineCount = 15;

/**
 * Runs a program to its end. A signal that interrupts ends it too, with all that it has started, and throws an {@link InterruptedError} once it is
 * gone; a program that is not there throws a {@link CommandError}.
 */
export const runProgram = async (command: string, args: readonly string[], options: Options): Promise<Ended> => {
  const { cwd, input = '', logFile, variables = {}, onLine, signal } = options;
  // One that is interrupted already tells nobody again.
  throwIfInterrupted(signal);
  const log = logFile === undefined ? undefined : createWriteStream(logFile, { flags: 'a' });
  log?.write(`$ ${command} ${args.join(' ')}\n`);
  const output: string[] = [];
  const lastLines: string[] = [];
  // Detached it leads a group of its own, which is ended as a whole.
  const child = spawn(command, args, { cwd, stdio: 'pipe', env: { ...process.env, ...variables }, detached: true });
  const end = () => endGroup(child.pid);
  signal.addEventListener('abort', end, { once: true });
  const read = async (stream: NodeJS.ReadableStream, isOutput: boolean): Promise<void> => {
    for await (const line of createInterface({ input: stream })) {
      if (isOutput) output.push(line);
      lastLines.push(line);
      if (lastLines.length > lastLineCount) lastLines.shift();
      log?.write(`${line}\n`);
      onLine?.(line);
    }
  };
  // One that ends before it has read everything is told by its exit code.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  try {
    const ended = new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code ?? 1));
    });
    const [status] = await Promise.all([ended, read(child.stdout, true), read(child.stderr, false)]);
    if (signal.aborted) throw new InterruptedError(`Interrupted while ${command} ran`);
    return { status, output: output.join('\n'), lastLines };
  } catch (error) {
    if (nameOf(error) !== 'ENOENT') throw error;
    const fault = { what: `There is no program ${command}`, where: 'this machine', mend: `install ${command}` };
    throw new CommandError([fault], { cause: error });
  } finally {
    signal.removeEventListener('abort', end);
    if (log !== undefined) {
      log.end();
      await finished(log);
    }
  }
};

const endGroup = (leader: number | undefined): void => {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGTERM');
  } catch (error) {
    // It has ended meanwhile.
    if (nameOf(error) !== 'ESRCH') throw error;
  }
};
