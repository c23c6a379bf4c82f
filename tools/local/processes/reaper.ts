import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { identify } from './processes.ts';

/** A process that ends other processes when their parent is gone, even after a SIGKILL. */
export type Reaper = {
  /** Replaces the processes to end. */
  readonly watch: (pids: readonly number[]) => void;
};

const reap = fileURLToPath(new URL('reap.ts', import.meta.url));
// A shell waits, because it takes 1 MB and Node.js 40. `read` fails when the other end of the pipe
// is closed. The kernel closes it when this process ends.
const waitForEnd = 'while IFS= read -r line; do last=$line; done; [ "$last" = "[]" ] || exec "$0" "$1" "$last"';

/** Starts a reaper for the child processes of this process. */
export const createReaper = (): Reaper => {
  const child = spawn('/bin/sh', ['-c', waitForEnd, process.execPath, reap], {
    // In its own process group, so that neither Ctrl-C nor a closed terminal ends it first.
    detached: true,
    // It must not keep the current working directory in use.
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.unref();
  // Without a reaper, the next start ends the leftover processes.
  for (const emitter of [child, child.stdin]) emitter.on('error', () => undefined);
  if (child.stdin instanceof Socket) child.stdin.unref();
  return { watch: (pids) => child.stdin.write(`${JSON.stringify(pids.map(identify))}\n`) };
};
