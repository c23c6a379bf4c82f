import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repository } from '../folder.ts';
import { versionOf } from './find-program.ts';

// `npm run servers:newest`: unpacks the MySQL and the Valkey of Debian's unstable suite, with all
// libraries that they need, into a folder of their own. It changes nothing outside of it and needs
// no root. It prints the variables with which `npm start` and `npm test` use them.

const packages = ['mysql-server-core', 'valkey-server'];
const keys = '/usr/share/keyrings/debian-archive-keyring.gpg';
const folder = join(repository, '.sluice/newest');
const root = join(folder, 'root');
const listFile = join(root, 'packages.txt');
const run = promisify(execFile);
const say = (text: string) => process.stderr.write(`${text}\n`);

/** Returns the mirror of Debian that apt uses on this machine. */
const findMirror = (): string => {
  const targets = execFileSync('apt-get', ['indextargets', '--format', '$(REPO_URI)', 'Identifier: Packages']);
  const mirror = /^\S+\/debian\/?$/m.exec(targets.toString())?.[0];
  if (mirror !== undefined && existsSync(keys)) return mirror;
  throw new Error('The newest servers come from packages of Debian, and the apt of this machine has no mirror of it');
};

/** Downloads the packages and all that they depend on. Returns the folder with their files. */
const download = async (): Promise<string> => {
  // Its lists, its cache and its record of installed packages (none) are in our own folder.
  const apt = join(folder, 'apt');
  const archives = join(apt, 'var/cache/apt/archives');
  for (const path of ['etc/apt/preferences.d', 'var/lib/apt/lists/partial', 'var/lib/dpkg'])
    mkdirSync(join(apt, path), { recursive: true });
  // Files of an older run would be unpacked too.
  rmSync(archives, { recursive: true, force: true });
  mkdirSync(join(archives, 'partial'), { recursive: true });
  const status = join(apt, 'var/lib/dpkg/status');
  writeFileSync(status, '');
  writeFileSync(join(apt, 'etc/apt/sources.list'), `deb [signed-by=${keys}] ${findMirror()} sid main\n`);
  const options = {
    Dir: apt,
    'Dir::State::status': status,
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
  };
  const given = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  await run('apt-get', [...given, 'update', '--error-on=any']);
  const install = ['install', '--yes', '--no-install-recommends', '--download-only', ...packages];
  await run('apt-get', [...given, ...install], { maxBuffer: 2 ** 24 });
  return archives;
};

const unpack = async (archives: string, files: readonly string[]): Promise<void> => {
  const draft = join(folder, 'root.new');
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft);
  for (const file of files) await run('dpkg-deb', ['--extract', join(archives, file), draft]);
  writeFileSync(join(draft, 'packages.txt'), files.join('\n'));
  rmSync(root, { recursive: true, force: true });
  renameSync(draft, root);
};

const quote = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;

/**
 * Writes a script that runs a program with the dynamic linker and the libraries of its own packages.
 * Returns its path.
 */
const writeScript = (program: string, options: readonly string[] = []): string => {
  const libraries = readdirSync(join(root, 'usr/lib')).find((name) => name.endsWith('-linux-gnu'));
  const libraryFolder = join(root, 'usr/lib', String(libraries));
  const linker = readdirSync(libraryFolder).find((name) => /^ld-linux.*\.so\.\d$/.test(name));
  const words = [join(libraryFolder, String(linker)), '--library-path', libraryFolder, join(root, program)];
  mkdirSync(join(folder, 'bin'), { recursive: true });
  const file = join(folder, 'bin', program.replace(/^.*\//, ''));
  const command = `exec ${words.map(quote).join(' ')} "$@" ${options.map(quote).join(' ')}`;
  writeFileSync(file, `#!/bin/sh\n${command}\n`, { mode: 0o755 });
  return file;
};

try {
  say('Reading the package lists of Debian …');
  const archives = await download();
  const files = readdirSync(archives).filter((name) => name.endsWith('.deb'));
  const isUnpacked = existsSync(listFile) && readFileSync(listFile, 'utf8') === files.join('\n');
  if (!isUnpacked) {
    say(`Unpacking ${files.length} packages into ${root} …`);
    await unpack(archives, files);
  }
  rmSync(archives, { recursive: true });
  const valkey = writeScript('usr/bin/valkey-server');
  const mysql = writeScript('usr/sbin/mysqld', [
    `--basedir=${join(root, 'usr')}`,
    `--lc-messages-dir=${join(root, 'usr/share/mysql')}`,
    `--plugin-dir=${join(root, 'usr/lib/mysql/plugin')}`,
  ]);
  say(`${versionOf(valkey)} and ${versionOf(mysql)} are ready. To use them:`);
  process.stdout.write(`export REDIS_PROGRAM=${quote(valkey)} MYSQL_PROGRAM=${quote(mysql)}\n`);
} catch (error) {
  const output = error instanceof Error && 'stderr' in error ? `\n${String(error.stderr)}` : '';
  say(`The newest servers could not be installed: ${error instanceof Error ? error.message : String(error)}${output}`);
  process.exitCode = 1;
}
