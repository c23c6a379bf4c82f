import { execFileSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { SettingError } from '../setting-error.ts';

// Folders of servers that are not in the PATH of an ordinary user.
const serverFolders = ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin', '/usr/libexec', '/usr/local/opt/mysql/bin'];

/** Returns the path of the first of `names` that is on this machine. */
export const findProgram = (...names: readonly string[]): string | undefined => {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...serverFolders];
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
};

/**
 * Returns the path of the program that an environment variable names: an absolute path, or a name in
 * the PATH. Undefined without the variable. Throws a {@link SettingError} if there is no such
 * program.
 */
export const readProgram = (variable: string): string | undefined => {
  const named = process.env[variable] || undefined;
  if (named === undefined) return undefined;
  const found = isAbsolute(named) ? [named].find(isExecutable) : findProgram(named);
  if (found !== undefined) return found;
  throw new SettingError(`${variable} must be an absolute path or a name in the PATH; ${named} is no program`);
};

/** Returns the product and the version of a server's program, such as `MariaDB 10.11.19`. */
export const versionOf = (program: string): string => {
  const text = execFileSync(program, ['--version'], { encoding: 'utf8', timeout: 10_000 });
  const [, version = 'of an unknown version'] = /\b(?:v=|Ver )(\d[\d.]*)/.exec(text) ?? [];
  return `${/MariaDB|Valkey|Redis/.exec(text)?.[0] ?? 'MySQL'} ${version}`;
};

/** True if `path` is a program of this machine that this user may run. */
export const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
};
