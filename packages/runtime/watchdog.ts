import { writeSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

/** What is watched: something that must make an attempt again and again, whether it succeeds or not. */
export type WatchedLoop = {
  /** It has begun or ended an attempt. */
  readonly beat: () => void;
  /** It has ended on purpose. */
  readonly end: () => void;
};

export type Watchdog = {
  /** Watches one more loop under a name for the log. */
  readonly watch: (name: string) => WatchedLoop;
  readonly stop: () => Promise<void>;
};

/** What the watchdog's thread works with. */
type Orders = {
  /** The number of each loop's last beat, which no other beat has; 0 marks a free slot. */
  readonly beats: Float64Array;
  readonly silentMs: number;
  /** The process to end. */
  readonly pid: number;
};

const mostLoops = 1_024;
const checksPerLimit = 10;
const standardOutput = 1;

/**
 * Ends the process with SIGKILL when a loop makes no attempt for `silentMs`: a promise that never settles, or an event loop that
 * is blocked. It runs in a thread of its own, because a blocked event loop can watch nothing. Attempts are watched and not success, so an
 * outage, in which attempts fail, ends nobody.
 */
export const startWatchdog = (process: NodeJS.Process, silentMs: number): Watchdog => {
  const beats = new Float64Array(new SharedArrayBuffer(mostLoops * Float64Array.BYTES_PER_ELEMENT));
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { beats, silentMs, pid: process.pid } satisfies Orders,
    execArgv: [],
    // A thread compiles what it loads by itself, unless it finds it compiled.
    env: { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] },
  });
  worker.unref();
  let beatsMade = 0;

  const watch = (name: string): WatchedLoop => {
    const slot = beats.indexOf(0);
    if (slot === -1) throw new Error(`The watchdog watches ${mostLoops} loops already, and not ${name}`);
    const beat = () => {
      beatsMade += 1;
      beats[slot] = beatsMade;
    };
    beat();
    worker.postMessage({ slot, name });
    return {
      beat,
      end: () => {
        beats[slot] = 0;
      },
    };
  };

  return {
    watch,
    stop: async () => {
      await worker.terminate();
    },
  };
};

/**
 * The thread. It compares no times: a wall clock may be set, and its own monotonic clock has another origin than
 * that of the thread it watches. It counts its own checks that a loop let pass without a beat, so a process that was
 * frozen as a whole gets its full time again.
 */
const guard = ({ beats, silentMs, pid }: Orders): void => {
  const names = new Map<number, string>();
  parentPort?.on('message', ({ slot, name }: { slot: number; name: string }) => names.set(slot, name));
  const seen = new Float64Array(beats.length);
  const silentChecks = new Uint32Array(beats.length);
  setInterval(() => {
    for (const [slot, beat] of beats.entries()) {
      silentChecks[slot] = beat === 0 || beat !== seen[slot] ? 0 : (silentChecks[slot] ?? 0) + 1;
      seen[slot] = beat;
    }
    const silent = silentChecks.findIndex((checks) => checks >= checksPerLimit);
    if (silent === -1) return;
    // Written past the logger, which belongs to the thread that may be blocked.
    const line = {
      level: 'fatal',
      time: new Date().toISOString(),
      loop: names.get(silent),
      silentMs,
      msg: 'no attempt was made for too long; the watchdog ends the process',
    };
    writeSync(standardOutput, `${JSON.stringify(line)}\n`);
    // oxlint-disable-next-line no-restricted-globals -- this is the main of its thread, and ending the process is its task
    process.kill(pid, 'SIGKILL');
  }, silentMs / checksPerLimit);
};

// The thread loads this very file, and none but Node's: it finds it compiled, which saves the compiler's memory, and zod is not loaded again.
// oxlint-disable-next-line typescript/no-unsafe-argument -- startWatchdog alone makes it, of this type
if (!isMainThread) guard(workerData);
