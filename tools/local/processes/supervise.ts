import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { sleep } from '@sluice/async/sleep.ts';
import { createBackoff, type Failure } from './backoff.ts';
import { createReaper, type Reaper } from './reaper.ts';

/** A process to keep running. */
export type Part = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The working directory. Defaults to that of the supervisor. */
  readonly cwd?: string;
  /** The text for standard input. */
  readonly input?: string;
  /** Called before each launch, including those after a death. If it throws, there is no launch. */
  readonly prepare?: () => Promise<void>;
  /** Resolves when the part is ready. Retried while it throws. `lines` is the output so far. */
  readonly checkReady: (lines: readonly string[]) => Promise<void>;
};

/** The callbacks of a supervisor. */
export type Watcher = {
  readonly onLine: (part: string, line: string) => void;
  /**
   * Called when a part has died or could not be prepared. It starts again after
   * `failure.retryInMs`.
   */
  readonly onDeath: (part: string, how: string, lastLines: readonly string[], failure: Failure) => void;
  /** Called when a part that had died is ready again. */
  readonly onRecovery?: (part: string) => void;
  /** Called when a process was started. */
  readonly onChange: () => void;
};

/**
 * A supervisor that keeps parts running, as a platform would. It restarts a dead part with backoff
 * and without limit. The death of a part stops no other part.
 */
export type Supervisor = {
  /**
   * Resolves when the part is ready. Throws a {@link PartError} when it ends before that, cannot be
   * prepared, or takes more than a minute.
   */
  readonly start: (part: Part) => Promise<void>;
  /** Returns the ids of the running processes. */
  readonly pids: () => readonly number[];
  /** Ends the parts, and kills those that are left after 4.5 s. */
  readonly stop: () => Promise<void>;
};

/** A part cannot start. */
export class PartError extends Error {
  readonly code = 'PART_FAILED';
}

type Running = {
  readonly part: Part;
  readonly lines: string[];
  child: ChildProcess;
  /** Resolves when the child has ended and all its output is in `lines`. */
  closed: Promise<void>;
};

const readyWithinMs = 60_000;
const readyCheckEveryMs = 30;
// Nobody waits at the terminal, and the dependencies of a part may be unavailable for long.
const recoveryCheckEveryMs = 500;
const keptLines = 15;
// Applies twice: to the applications, then to their servers. The sum is below the 10 s that a stop
// may take.
const killAfterMs = 4_500;

/**
 * Creates a supervisor. Parts run in their own process groups, so that Ctrl-C reaches only this
 * process. The parts end with this process, however it ends.
 */
export const createSupervisor = (watcher: Watcher): Supervisor => {
  const running: Running[] = [];
  const stopping = new AbortController();
  let reaper: Reaper | undefined;

  const onChange = () => {
    reaper ??= createReaper();
    reaper.watch(pids());
    watcher.onChange();
  };

  const start = async (part: Part) => {
    await prepare(part);
    if (stopping.signal.aborted) throw new PartError(`${part.name} was not started, because Sluice is stopping`);
    const lines: string[] = [];
    const entry: Running = { part, lines, ...launch(part, lines, watcher.onLine) };
    running.push(entry);
    onChange();
    await untilReady(entry, { everyMs: readyCheckEveryMs, withinMs: readyWithinMs, stopping: stopping.signal });
    void keepUp(entry);
  };

  const keepUp = async (entry: Running) => {
    const { part, lines } = entry;
    const backoff = createBackoff();
    const onReady = () => {
      backoff.ready();
      watcher.onRecovery?.(part.name);
    };
    backoff.ready();
    let how = await deathOf(entry);
    while (!stopping.signal.aborted) {
      const failure = backoff.fail();
      watcher.onDeath(part.name, how, lines, failure);
      await sleep(failure.retryInMs, stopping.signal);
      how = await relaunch(entry, onReady);
    }
  };

  /** Starts a part again. Resolves with the reason for its end, or for the failed start. */
  const relaunch = async (entry: Running, onReady: () => void): Promise<string> => {
    const { part, lines } = entry;
    lines.length = 0;
    try {
      if (!stopping.signal.aborted) await prepare(part);
    } catch (error) {
      return reasonOf(error);
    }
    if (stopping.signal.aborted) return 'stopped';
    Object.assign(entry, launch(part, lines, watcher.onLine));
    onChange();
    const patience = { everyMs: recoveryCheckEveryMs, withinMs: Infinity, stopping: stopping.signal };
    untilReady(entry, patience).then(onReady, () => undefined);
    return deathOf(entry);
  };

  const stop = async () => {
    stopping.abort();
    await Promise.all(running.map(({ child }) => end(child)));
    reaper?.watch([]);
  };

  const pids = () => running.flatMap(({ child }) => (isAlive(child) && child.pid !== undefined ? [child.pid] : []));

  return { start, pids, stop };
};

/**
 * Resolves when a part is ready. Throws a {@link PartError} if it ends before that, is stopped, or
 * takes too long.
 */
const untilReady = async (
  { part, child, closed, lines }: Running,
  { everyMs, withinMs, stopping }: { everyMs: number; withinMs: number; stopping: AbortSignal },
): Promise<void> => {
  const giveUpAt = performance.now() + withinMs;
  for (;;) {
    try {
      await part.checkReady(lines);
      return;
    } catch {
      if (stopping.aborted) throw new PartError(`${part.name} was stopped before it was ready`);
      if (!isAlive(child)) {
        await closed;
        throw new PartError(describe(`${part.name} could not start`, lines));
      }
      if (performance.now() > giveUpAt) {
        throw new PartError(describe(`${part.name} was not ready within ${withinMs / 1000} s`, lines));
      }
    }
    await pause(everyMs);
  }
};

const prepare = async (part: Part): Promise<void> => {
  try {
    await part.prepare?.();
  } catch (error) {
    throw new PartError(`${part.name} could not be prepared: ${reasonOf(error)}`, { cause: error });
  }
};

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Waits for the end of a part's process and describes it. */
const deathOf = async ({ child, closed }: Running): Promise<string> => {
  await closed;
  return child.signalCode ?? `exit code ${child.exitCode}`;
};

/** Starts the process of a part. `lines` keeps its last lines of output. */
const launch = (part: Part, lines: string[], onLine: Watcher['onLine']) => {
  const keep = (line: string) => {
    lines.push(line);
    if (lines.length > keptLines) lines.shift();
    onLine(part.name, line);
  };
  const child = spawnPart(part, 'pipe');
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) createInterface({ input: stream }).on('line', keep);
  }
  // A missing command emits an error, and then closes.
  child.once('error', (error) => keep(error.message));
  const closed = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  });
  return { child, closed };
};

/** Starts the process of a part, in a process group of its own. @internal */
export const spawnPart = (part: Part, output: 'pipe' | 'ignore'): ChildProcess => {
  const stdio: StdioOptions = [part.input === undefined ? 'ignore' : 'pipe', output, output];
  const child = spawn(part.command, part.args, {
    env: { ...process.env, ...part.env },
    ...(part.cwd === undefined ? {} : { cwd: part.cwd }),
    stdio,
    detached: true,
  });
  // A process that ends before it has read all input reports the reason itself.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(part.input);
  return child;
};

const isAlive = (child: ChildProcess): boolean =>
  child.pid !== undefined && child.exitCode === null && child.signalCode === null;

const end = async (child: ChildProcess): Promise<void> => {
  if (!isAlive(child)) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  await ended;
  clearTimeout(timer);
};

const describe = (what: string, lines: readonly string[]): string =>
  [`${what}; its last lines:`, ...lines.map((line) => `  ${line}`)].join('\n');
