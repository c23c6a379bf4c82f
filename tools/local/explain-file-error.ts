import { existsSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';

/** The fix for a limit on open files that is too low. */
export const raiseLimit = 'Raise the limit and start again: ulimit -n 4096';

const anotherFolder = 'choose another folder: SLUICE_DIR=… npm start';

/**
 * Explains a system error about a file: the problem, the path and the fix. Returns undefined for
 * any other error.
 */
export const explainFileError = (error: unknown): string | undefined => {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  const path = 'path' in error && typeof error.path === 'string' ? error.path : undefined;
  const place = path ?? 'The disk';
  switch (error.code) {
    case 'EACCES':
    case 'EPERM':
      return path === undefined
        ? `Permission denied (${error.message}). Run this as the user who started Sluice.`
        : `${path} cannot be used: it belongs to ${describeOwner(path)}. Run this as that user, change the owner ` +
            `(sudo chown -R ${describeUser()} ${quote(path)}), or ${anotherFolder}`;
    case 'EROFS':
      return `${place} is on a read-only file system; ${anotherFolder}`;
    case 'ENOSPC':
    case 'EDQUOT':
      return `${place} cannot be written: the disk or the quota is full. Free some space, or ${anotherFolder}`;
    case 'ENOTDIR':
    case 'EEXIST':
      return `${place} is a file where a folder is needed. Remove it, or ${anotherFolder}`;
    case 'EMFILE':
    case 'ENFILE':
      return `Too many files are open. ${raiseLimit}`;
    case 'LOCK_IMPOSSIBLE':
      return error.message;
    default:
      return undefined;
  }
};

/**
 * Describes the owner of a path. If the path is missing or not accessible, describes the owner of
 * its folder.
 */
const describeOwner = (path: string): string => {
  const nearest = existsSync(path) ? path : dirname(path);
  if (nearest === dirname(nearest)) return 'another user';
  try {
    const { uid } = statSync(nearest);
    return uid === 0 ? 'root' : `another user (id ${uid})`;
  } catch {
    return describeOwner(dirname(nearest));
  }
};

/** Returns the user for a command line. In a container an id may have no name. */
const describeUser = (): string => {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.());
  }
};

const quote = (path: string): string => `'${path.replaceAll("'", String.raw`'\''`)}'`;
