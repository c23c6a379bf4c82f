// A kernel lock on a file (flock). The kernel releases it when the process that holds it ends,
// however it ends. Process ids cannot identify a holder: a container that starts again gives the
// same ids to other processes, and two containers that share a folder do not see each other's
// processes. Plain JavaScript, because tools/install.mjs uses it on Node 20.
import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';

const readAndWrite = constants.O_RDWR | constants.O_CREAT;
// open(2) of macOS and the BSDs takes the lock itself; Linux has the program flock (util-linux,
// BusyBox).
const exclusiveLock = 0x20;
const locksOnOpen = ['darwin', 'freebsd', 'openbsd'].includes(process.platform);

/**
 * Takes the lock on a file and creates the file if it is missing. Returns its file descriptor,
 * which holds the lock until it is closed, or undefined if another process holds the lock. Throws
 * if the file cannot be opened or locked.
 */
export function tryLock(file) {
  return locksOnOpen ? openLocked(file) : openAndLock(file);
}

function openLocked(file) {
  try {
    return openSync(file, readAndWrite | exclusiveLock | constants.O_NONBLOCK, 0o600);
  } catch (error) {
    if (error.code === 'EAGAIN') return undefined;
    throw error;
  }
}

/** The lock belongs to the open file, not to the process: it outlives the program that took it. */
function openAndLock(file) {
  const descriptor = openSync(file, readAndWrite, 0o600);
  const { status, stderr, error } = spawnSync('flock', ['-n', '3'], {
    stdio: ['ignore', 'ignore', 'pipe', descriptor],
    encoding: 'utf8',
  });
  if (status === 0) return descriptor;
  closeSync(descriptor);
  // It says nothing when another process holds the lock.
  if (error === undefined && stderr.trim() === '') return undefined;
  if (error !== undefined && error.code !== 'ENOENT') throw error;
  throw Object.assign(
    new Error(
      error === undefined
        ? `${file} cannot be locked: ${stderr.trim()}. Sluice needs a file system that can lock files (flock).`
        : 'The program flock is missing. Install it with the package util-linux.',
    ),
    { code: 'LOCK_IMPOSSIBLE' },
  );
}
