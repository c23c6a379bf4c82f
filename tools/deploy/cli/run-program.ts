import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { createInterface } from 'node:readline';
import { InterruptedError, throwIfInterrupted } from './command.ts';
import { CommandError, nameOf } from './explain.ts';

type Options = {
  readonly cwd: string;
  /**
   * The program's standard input. Secrets go here and never into an argument, which other users can
   * see.
   */
  readonly input?: string;
  /** The file that receives the program's whole output. */
  readonly logFile?: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly onLine?: (line: string) => void;
  readonly signal: AbortSignal;
};

/**
 * The result of a program: its exit status, its output, and the last lines of output and errors
 * together.
 */
export type Ended = { readonly status: number; readonly output: string; readonly lastLines: readonly string[] };

const lastLineCount = 15;

/**
 * Runs a program to its end. An interrupt also ends the program with its child processes, and
 * throws an {@link InterruptedError} once it is gone. A missing program throws a
 * {@link CommandError}.
 */
export const runProgram = async (command: string, args: readonly string[], options: Options): Promise<Ended> => {
  const { cwd, input = '', logFile, variables = {}, onLine, signal } = options;
  // An aborted signal fires no further event.
  throwIfInterrupted(signal);
  const log = logFile === undefined ? undefined : createWriteStream(logFile, { flags: 'a' });
  log?.write(`$ ${command} ${args.join(' ')}\n`);
  const output: string[] = [];
  const lastLines: string[] = [];
  // A detached child leads its own process group, which can be killed as a whole.
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
  // The exit code reports a program that ends before it has read its input.
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
    const issue = { what: `The program ${command} is not installed`, where: 'this machine', fix: `install ${command}` };
    throw new CommandError([issue], { cause: error });
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
    // It has ended in the meantime.
    if (nameOf(error) !== 'ESRCH') throw error;
  }
};
