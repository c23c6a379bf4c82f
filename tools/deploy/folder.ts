import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** The root of the repository. */
export const repository = join(import.meta.dirname, '../..');

/** Where commands leave what they made and what their programs said, of one environment; git ignores it. */
export const folderOf = (environment: string): string => {
  const folder = join(repository, '.sluice/deploy', environment);
  mkdirSync(folder, { recursive: true });
  return folder;
};
