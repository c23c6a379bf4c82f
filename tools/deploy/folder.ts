import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The root of the repository. */
export const repository = join(import.meta.dirname, '../..');

/**
 * Returns the folder for files that outlive a command: `SLUICE_DIR`, or `.sluice` in the
 * repository, which git ignores.
 */
export const dataFolder = (): string => resolve(process.env['SLUICE_DIR'] ?? join(repository, '.sluice'));

/**
 * Returns the folder of an environment, for the files that commands make and for the output of
 * their programs.
 */
export const folderOf = (environment: string): string => {
  const folder = join(dataFolder(), 'deploy', environment);
  mkdirSync(folder, { recursive: true });
  return folder;
};
