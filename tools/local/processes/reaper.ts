import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { identify } from './processes.ts';

/** Ends processes when the process that started them is gone, even after a SIGKILL. */
export type Reaper = {
  /** Replaces the processes to end. */
  readonly watch: (pids: readonly number[]) => void;
};

const reap = fileURLToPath(new URL('reap.ts', import.meta.url));
// A shell waits, because it takes 1 MB where Node takes 40. `read` fails when the other end of the
// pipe is closed, which the kernel does when this process ends.
const waitForEnd = 'while IFS= read -r line; do last=$line; done; [ "$last" = "[]" ] || exec "$0" "$1" "$last"';

/** Starts a reaper for the processes of this one. */
export const createReaper = (): Reaper => {
  const child = spawn('/bin/sh', ['-c', waitForEnd, process.execPath, reap], {
    // In a process group of its own: Ctrl-C and a terminal that is closed must not end it first.
    detached: true,
    // It must not keep the folder in use that this process was started in.
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.unref();
  // Without a reaper the next start ends what is left.
  for (const emitter of [child, child.stdin]) emitter.on('error', () => undefined);
  if (child.stdin instanceof Socket) child.stdin.unref();
  return { watch: (pids) => child.stdin.write(`${JSON.stringify(pids.map(identify))}\n`) };
};
