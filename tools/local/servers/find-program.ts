import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

// Folders of servers that are not in the PATH of an ordinary user.
const serverFolders = ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin', '/usr/libexec', '/usr/local/opt/mysql/bin'];

/** Returns the path of the first of `names` that is on this machine. */
export const findProgram = (...names: readonly string[]): string | undefined => {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...serverFolders];
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
};

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};
