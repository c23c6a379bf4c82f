import { spawnSync } from 'node:child_process';
import { raiseLimit } from '../explain-file-error.ts';
import { SettingError } from '../setting-error.ts';

// All parts start with 128. Each client needs one more.
const neededFiles = 256;

/** Throws a {@link SettingError} if the limit on open files is too low for the parts. */
export const requireOpenFiles = (): void => {
  const { stdout, error } = spawnSync('/bin/sh', ['-c', 'ulimit -n'], { encoding: 'utf8' });
  if (error !== undefined) throw error;
  // The output may be `unlimited`.
  const limit = Number(stdout);
  if (limit < neededFiles) {
    throw new SettingError(`A process may open only ${limit} files, but Sluice needs ${neededFiles}. ${raiseLimit}`);
  }
};
