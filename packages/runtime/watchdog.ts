import { Worker } from 'node:worker_threads';

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
export type WatchdogOrders = {
  /** One time per loop, in milliseconds since 1970; 0 is nobody. */
  readonly beats: Float64Array;
  readonly silentMs: number;
  /** The process to end. */
  readonly pid: number;
};

const mostLoops = 1_024;

/**
 * Ends the process with SIGKILL when a loop makes no attempt for `silentMs`: a promise that never settles, or an event loop that
 * is blocked. It runs in a thread of its own, because a blocked event loop can watch nothing. Attempts are watched and not success, so an
 * outage, in which attempts fail, ends nobody.
 */
export const startWatchdog = (process: NodeJS.Process, silentMs: number): Watchdog => {
  const beats = new Float64Array(new SharedArrayBuffer(mostLoops * Float64Array.BYTES_PER_ELEMENT));
  const worker = new Worker(new URL('./watchdog-worker.ts', import.meta.url), {
    workerData: { beats, silentMs, pid: process.pid } satisfies WatchdogOrders,
    execArgv: [],
    // A thread compiles what it loads by itself, unless it finds it compiled.
    env: { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] },
  });
  worker.unref();

  const watch = (name: string): WatchedLoop => {
    const slot = beats.indexOf(0);
    if (slot === -1) throw new Error(`The watchdog watches ${mostLoops} loops already, and not ${name}`);
    const beat = () => {
      beats[slot] = Date.now();
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
