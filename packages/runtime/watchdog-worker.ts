import { writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { WatchdogOrders } from './watchdog.ts';

// What a thread loads is loaded again for it, so nothing is imported but types, zod neither.
// oxlint-disable-next-line typescript/no-unsafe-assignment -- startWatchdog alone makes it, of this type
const { beats, silentMs, pid }: WatchdogOrders = workerData;
const names = new Map<number, string>();
const checksPerLimit = 10;
const standardOutput = 1;

parentPort?.on('message', ({ slot, name }: { slot: number; name: string }) => names.set(slot, name));

setInterval(() => {
  const silent = beats.findIndex((beatAt) => beatAt !== 0 && Date.now() - beatAt > silentMs);
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
