import { writeSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

/** A watched loop. It must make an attempt again and again, successful or not. */
export type WatchedLoop = {
  /** Reports the start or end of an attempt. */
  readonly heartbeat: () => void;
  /** Reports that the loop ended intentionally. */
  readonly end: () => void;
};

export type Watchdog = {
  /** Watches another loop, under a name for the log. */
  readonly watch: (name: string) => WatchedLoop;
  readonly stop: () => Promise<void>;
};

/** The data of the watchdog's thread. */
type Orders = {
  /**
   * The number of each loop's last heartbeat, which no other heartbeat has. 0 marks a free index.
   */
  readonly heartbeats: Float64Array;
  readonly silentMs: number;
  /** The id of the process to kill. */
  readonly pid: number;
};

// 100 tables in 128 partitions, and the loops of counts.
const maxLoops = 16_384;
const checksPerLimit = 10;
const standardOutput = 1;

/**
 * Kills the process with SIGKILL when a loop makes no attempt for `silentMs`: a promise never
 * resolves, or the event loop is blocked. It runs in a thread of its own, because a blocked event
 * loop can watch nothing. It watches attempts, not success, so an outage, in which attempts fail,
 * kills no process.
 */
export const startWatchdog = (process: NodeJS.Process, silentMs: number): Watchdog => {
  const heartbeats = new Float64Array(new SharedArrayBuffer(maxLoops * Float64Array.BYTES_PER_ELEMENT));
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { heartbeats, silentMs, pid: process.pid } satisfies Orders,
    execArgv: [],
    // Without this cache, a thread compiles again what it loads.
    env: { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] },
  });
  worker.unref();
  let heartbeatsMade = 0;

  const watch = (name: string): WatchedLoop => {
    const index = heartbeats.indexOf(0);
    if (index === -1)
      throw new Error(`The watchdog cannot watch ${name}: it already watches its maximum of ${maxLoops} loops`);
    const heartbeat = () => {
      heartbeatsMade += 1;
      heartbeats[index] = heartbeatsMade;
    };
    heartbeat();
    worker.postMessage({ index, name });
    return {
      heartbeat,
      end: () => {
        heartbeats[index] = 0;
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
 * Watches the loops from the watchdog's thread. It compares no times: a wall clock may be set, and
 * its own monotonic clock has another origin than that of the watched thread. It counts its own
 * checks without a heartbeat of a loop. So a process that was frozen as a whole gets its full time
 * again.
 */
const guard = ({ heartbeats, silentMs, pid }: Orders): void => {
  const names = new Map<number, string>();
  parentPort?.on('message', ({ index, name }: { index: number; name: string }) => names.set(index, name));
  const seen = new Float64Array(heartbeats.length);
  const silentChecks = new Uint32Array(heartbeats.length);
  setInterval(() => {
    for (const [index, heartbeat] of heartbeats.entries()) {
      silentChecks[index] = heartbeat === 0 || heartbeat !== seen[index] ? 0 : (silentChecks[index] ?? 0) + 1;
      seen[index] = heartbeat;
    }
    const silent = silentChecks.findIndex((checks) => checks >= checksPerLimit);
    if (silent === -1) return;
    // Bypasses the logger, which belongs to the thread that may be blocked.
    const line = {
      level: 'fatal',
      time: new Date().toISOString(),
      loop: names.get(silent),
      silentMs,
      msg: 'watchdog timeout: a consumer loop made no attempt; killing the process',
    };
    writeSync(standardOutput, `${JSON.stringify(line)}\n`);
    // oxlint-disable-next-line no-restricted-globals -- the thread must kill the process
    process.kill(pid, 'SIGKILL');
  }, silentMs / checksPerLimit);
};

// The thread loads this very file and otherwise only Node's modules. It finds the file compiled,
// which saves the compiler's memory, and does not load zod again.
// oxlint-disable-next-line typescript/no-unsafe-argument -- startWatchdog sets it
if (!isMainThread) guard(workerData);
