import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const repository = fileURLToPath(new URL('../../', import.meta.url));

const defaultFolder = join(repository, '.sluice');

/** Returns the data folder of `npm start`: `SLUICE_DIR`, or `.sluice` in the repository. */
export const dataFolder = (): string => resolve(process.env['SLUICE_DIR'] ?? defaultFolder);

/** Returns a command line that runs a script of package.json on a data folder. */
export const commandOn = (folder: string, command: string): string => {
  if (folder === defaultFolder) return command;
  const isPlain = /^[\w./+:@-]+$/.test(folder);
  return `SLUICE_DIR=${isPlain ? folder : `'${folder.replaceAll("'", String.raw`'\''`)}'`} ${command}`;
};

/** Returns the folder of the logs within a data folder. */
export const logFolderOf = (folder: string): string => join(folder, 'logs');

/**
 * Creates a private folder and its missing parents. Throws the error of the first one that cannot
 * be created.
 */
export const makeFolder = (folder: string): void => {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    // Not `recursive`, which reports ENOENT on a read-only file system.
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another process has just created it.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
};
