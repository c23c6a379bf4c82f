import { spawnSync } from 'node:child_process';
import { raiseLimit } from '../explain-file-error.ts';
import { SettingError } from '../setting-error.ts';

// With 128 all parts start; each client is one more.
const neededFiles = 256;

/** Throws a {@link SettingError} if the parts could not open as many files as they need. */
export const requireOpenFiles = (): void => {
  const { stdout, error } = spawnSync('/bin/sh', ['-c', 'ulimit -n'], { encoding: 'utf8' });
  if (error !== undefined) throw error;
  // It may be `unlimited`.
  const limit = Number(stdout);
  if (limit < neededFiles) {
    throw new SettingError(`A process may open ${limit} files, and Sluice needs ${neededFiles}. ${raiseLimit}`);
  }
};
