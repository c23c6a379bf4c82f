import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const repository = fileURLToPath(new URL('../../', import.meta.url));

/** Where `npm start` keeps its data: `SLUICE_DIR`, or `.sluice` in the repository. */
export const dataFolder = (): string => resolve(process.env['SLUICE_DIR'] ?? `${repository}/.sluice`);

/** Where the logs of a folder of data are. */
export const logFolderOf = (folder: string): string => join(folder, 'logs');

/**
 * Makes a private folder, and those above it that are missing. Throws the error of the first that
 * cannot be made.
 */
export const makeFolder = (folder: string): void => {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    // Not `recursive`: on a file system that is read-only that says ENOENT.
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another process made it just now.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
};
