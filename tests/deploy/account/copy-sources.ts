import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { repository } from '@sluice/local/folder.ts';
import type { Owner } from '@sluice/test-servers/test-file.ts';

/**
 * Copies the sources as they are into a repository of its own, so that a test can change the values
 * of an environment. Returns its folder. It uses the packages of this repository.
 */
export const copySources = (owner: Owner): string => {
  const parent = mkdtempSync(join(tmpdir(), 'sluice-copy-'));
  owner.after(() => rmSync(parent, { recursive: true, force: true }));
  const folder = join(parent, 'sluice');
  const listed = git(repository, 'ls-files', '--cached', '--others', '--exclude-standard', '-z').split('\0');
  // A deleted file is listed until the deletion is committed.
  const files = listed.filter((file) => file !== '' && existsSync(join(repository, file)));
  for (const file of files) cpSync(join(repository, file), join(folder, file), { verbatimSymlinks: true });
  linkPackages(folder, [...new Set(files.map((file) => dirname(file)))]);
  git(folder, 'init', '--quiet');
  git(folder, 'add', '--all');
  git(folder, '-c', 'user.name=x', '-c', 'user.email=x@example.org', 'commit', '--quiet', '--message', 'The sources');
  return folder;
};

const git = (cwd: string, ...args: readonly string[]) =>
  execFileSync('git', args, { cwd, encoding: 'utf8', maxBuffer: 64 * 1_024 * 1_024 });

/** Links the installed packages into a copy. */
const linkPackages = (folder: string, sources: readonly string[]): void => {
  for (const source of sources) {
    const packages = join(repository, source, 'node_modules');
    if (source !== '.' && existsSync(packages)) symlinkSync(packages, join(folder, source, 'node_modules'));
  }
  const packages = join(repository, 'node_modules');
  const copied = join(folder, 'node_modules');
  mkdirSync(join(copied, '@sluice'), { recursive: true });
  for (const name of readdirSync(packages)) {
    if (name !== '@sluice') symlinkSync(join(packages, name), join(copied, name));
  }
  // npm links workspaces by relative paths, which lead into the copy.
  for (const name of readdirSync(join(packages, '@sluice')))
    symlinkSync(readlinkSync(join(packages, '@sluice', name)), join(copied, '@sluice', name));
};
