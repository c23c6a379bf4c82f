import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

/** A process to keep running. */
export type Part = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Runs before each launch, the launches after a death too; there is none when it throws. */
  readonly prepare?: () => Promise<void>;
  /** Runs when the part has been stopped for good. */
  readonly cleanUp?: () => void;
  /** Resolves when the part does its work; tried again while it throws. `lines` are what it has written so far. */
  readonly checkReady: (lines: readonly string[]) => Promise<void>;
};

/** Hears what happens to the parts. */
export type Watcher = {
  readonly onLine: (part: string, line: string) => void;
  readonly onDeath: (part: string, how: string, lastLines: readonly string[]) => void;
  /** A process was started. */
  readonly onChange: () => void;
};

/** Keeps parts running, as a platform would. */
export type Supervisor = {
  /** Resolves when the part is ready. Throws a {@link PartError} when it ends before that, cannot be prepared, or takes more than a minute. */
  readonly start: (part: Part) => Promise<void>;
  /** Rejects with a {@link PartError} when a part has died too often, or cannot be prepared to be started again. */
  readonly broken: Promise<never>;
  /** The processes that run. */
  readonly pids: () => readonly number[];
  /** Ends the parts, and kills what has not ended in 4.5 s. */
  readonly stop: () => Promise<void>;
};

/** A part cannot start, or does not keep running. */
export class PartError extends Error {
  readonly code = 'PART_FAILED';
}

type Running = {
  readonly part: Part;
  readonly lines: string[];
  child: ChildProcess;
  /** Resolves when the child has ended and all that it wrote is in `lines`. */
  closed: Promise<void>;
  deaths: number[];
  isUp: boolean;
};

const readyWithinMs = 60_000;
const readyCheckEveryMs = 30;
const keptLines = 15;
const mostDeaths = 5;
const deathsWindowMs = 60_000;
const restartPauseMs = 500;
// Twice this, for the applications and then for what they need, is below the 10 s that a stop may take.
const killAfterMs = 4_500;

/** Makes a supervisor. Parts run in process groups of their own, so that Ctrl-C reaches this process alone. */
export const createSupervisor = (watcher: Watcher): Supervisor => {
  const running: Running[] = [];
  let isStopping = false;
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => undefined);

  const start = async (part: Part) => {
    await prepare(part);
    if (isStopping) throw new PartError(`${part.name} is not started: all is being stopped`);
    const lines: string[] = [];
    const entry: Running = { part, lines, ...launch(part, lines, watcher.onLine), deaths: [], isUp: false };
    running.push(entry);
    watcher.onChange();
    await untilReady(entry);
    entry.isUp = true;
    keepUp(entry).catch(broken.reject);
  };

  const keepUp = async (entry: Running) => {
    const { part, lines } = entry;
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- from one death to the next
      await entry.closed;
      if (isStopping) return;
      const now = performance.now();
      entry.deaths = [...entry.deaths.filter((at) => now - at < deathsWindowMs), now];
      watcher.onDeath(part.name, entry.child.signalCode ?? `exit code ${entry.child.exitCode}`, lines);
      if (entry.deaths.length >= mostDeaths) {
        throw new PartError(`${part.name} died ${mostDeaths} times within a minute`);
      }
      // oxlint-disable-next-line no-await-in-loop -- as above
      await pause(restartPauseMs);
      if (isStopping) return;
      // oxlint-disable-next-line no-await-in-loop -- as above
      await prepare(part);
      if (isStopping) return;
      lines.length = 0;
      Object.assign(entry, launch(part, lines, watcher.onLine));
      watcher.onChange();
    }
  };

  const untilReady = async ({ part, child, closed, lines }: Running) => {
    const giveUpAt = performance.now() + readyWithinMs;
    for (;;) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- asked again until it is ready
        await part.checkReady(lines);
        return;
      } catch {
        if (isStopping) throw new PartError(`${part.name} was stopped before it was ready`);
        if (!isAlive(child)) {
          // oxlint-disable-next-line no-await-in-loop -- the last wait: for all that it wrote
          await closed;
          throw new PartError(describe(`${part.name} could not start`, lines));
        }
        if (performance.now() > giveUpAt) {
          throw new PartError(describe(`${part.name} was not ready within ${readyWithinMs / 1000} s`, lines));
        }
      }
      // oxlint-disable-next-line no-await-in-loop -- as above
      await pause(readyCheckEveryMs);
    }
  };

  const stop = async () => {
    isStopping = true;
    await Promise.all(running.map(({ child }) => end(child)));
    for (const { part } of running) part.cleanUp?.();
  };

  const pids = () => running.flatMap(({ child }) => (isAlive(child) && child.pid !== undefined ? [child.pid] : []));

  return { start, broken: broken.promise, pids, stop };
};

const prepare = async (part: Part): Promise<void> => {
  try {
    await part.prepare?.();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PartError(`${part.name} could not be prepared: ${reason}`, { cause: error });
  }
};

/** Starts the process of a part; `lines` keeps the last that it wrote. */
const launch = (part: Part, lines: string[], onLine: Watcher['onLine']) => {
  const keep = (line: string) => {
    lines.push(line);
    if (lines.length > keptLines) lines.shift();
    onLine(part.name, line);
  };
  const child = spawn(part.command, part.args, {
    env: { ...process.env, ...part.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', keep);
  // A command that is not there gives an error, and then closes.
  child.once('error', (error) => keep(error.message));
  const closed = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  });
  return { child, closed };
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
