import { spawnSync } from 'node:child_process';
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
  const found = named.includes('/')
    ? [named].find((path) => isAbsolute(path) && isExecutable(path))
    : findProgram(named);
  if (found !== undefined) return found;
  throw new SettingError(
    `${variable} must be the absolute path of a program that you may execute, or a name in the PATH, and is "${named}"`,
  );
};

/**
 * Returns the product and the version of a server's program, such as `MariaDB 10.11.19`. Undefined
 * if the program is not a server of MySQL, MariaDB, Redis or Valkey.
 */
export const versionOf = (program: string): string | undefined => {
  // `spawnSync` throws nothing: a program that fails or hangs has no version.
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8', timeout: 10_000, killSignal: 'SIGKILL' });
  const [, redis, redisVersion] = /^(Redis|Valkey) server v=(\d[\d.]*)/m.exec(stdout) ?? [];
  if (redis !== undefined) return `${redis} ${redisVersion}`;
  const [, mysqlVersion] = /(?:mysqld|mariadbd)\S* +Ver (\d[\d.]*)/.exec(stdout) ?? [];
  return mysqlVersion === undefined ? undefined : `${stdout.includes('MariaDB') ? 'MariaDB' : 'MySQL'} ${mysqlVersion}`;
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
