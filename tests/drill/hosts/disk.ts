import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';

/** A disk of limited size, in memory: a killed process loses none of it, and the drill leaves nothing. */
export type Disk = {
  readonly folder: string;
  /** Fills the disk. Returns the error of the first write that it refused. */
  readonly fill: () => string;
  readonly free: () => void;
};

const smallBytes = 8 * 2 ** 20;
const pageBytes = 4_096;

/** Creates an empty disk. */
export const createDisk = (name: string, megabytes: number): Disk => {
  const root = join('/run/drill/disks', name);
  mkdirSync(root, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'drill', root]);
  const folder = join(root, 'data');
  mkdirSync(folder);
  const filler = join(root, 'filler');

  const fill = (): string => {
    mkdirSync(filler);
    // By halves: the server goes on writing meanwhile.
    for (let free = freeBytes(); free > smallBytes; free = freeBytes()) {
      execFileSync('fallocate', ['--length', String(Math.floor(free / 2)), join(filler, String(free))]);
    }
    for (;;) {
      try {
        appendFileSync(join(filler, 'end'), Buffer.alloc(pageBytes));
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return error.code;
        throw error;
      }
    }
  };
  const freeBytes = (): number => {
    const { bavail, bsize } = statfsSync(root);
    return bavail * bsize;
  };
  const free = () => rmSync(filler, { recursive: true, force: true });
  return { folder, fill, free };
};
