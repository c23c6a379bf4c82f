import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The root of the repository. */
export const repository = join(import.meta.dirname, '../..');

/** Where commands leave what outlives them: `SLUICE_DIR`, or `.sluice` in the repository, which git ignores. */
export const dataFolder = (): string => resolve(process.env['SLUICE_DIR'] ?? join(repository, '.sluice'));

/** Where commands leave what they made for an environment, and what their programs said. */
export const folderOf = (environment: string): string => {
  const folder = join(dataFolder(), 'deploy', environment);
  mkdirSync(folder, { recursive: true });
  return folder;
};
