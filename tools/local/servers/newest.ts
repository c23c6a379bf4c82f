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
  for (const path of ['etc/apt/parts', 'var/lib/apt/lists/partial', 'var/lib/dpkg'])
    mkdirSync(join(apt, path), { recursive: true });
  // Files of an older run would be unpacked too.
  rmSync(archives, { recursive: true, force: true });
  mkdirSync(join(archives, 'partial'), { recursive: true });
  writeFileSync(join(apt, 'var/lib/dpkg/status'), '');
  writeFileSync(join(apt, 'etc/apt/sources.list'), `deb [signed-by=${keys}] ${findMirror()} sid main\n`);
  // The machine's own configuration may run commands. Only its proxies are taken.
  const acquire = execFileSync('apt-config', ['dump', 'Acquire'], { encoding: 'utf8' });
  const configuration = join(apt, 'apt.conf');
  const lines = {
    Dir: apt,
    'Dir::State::status': join(apt, 'var/lib/dpkg/status'),
    'Dir::Etc::parts': join(apt, 'etc/apt/parts'),
    'Dir::Etc::main': '/dev/null',
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
  };
  const own = Object.entries(lines).map(([name, value]) => `${name} ${JSON.stringify(value)};\n`);
  writeFileSync(configuration, acquire + own.join(''));
  const aptGet = (...words: string[]) =>
    run('apt-get', words, { env: { ...process.env, APT_CONFIG: configuration }, maxBuffer: 2 ** 24 });
  await aptGet('update', '--error-on=any');
  await aptGet('install', '--yes', '--no-install-recommends', '--download-only', ...packages);
  return archives;
};

const unpack = async (archives: string, files: readonly string[]): Promise<void> => {
  const draft = join(folder, 'root.new');
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft);
  for (const file of files) await run('dpkg-deb', ['--extract', join(archives, file), draft]);
  writeFileSync(join(draft, 'packages.txt'), files.join('\n'));
  // A server that runs from it can be started again all the time.
  const old = join(folder, 'root.old');
  rmSync(old, { recursive: true, force: true });
  if (existsSync(root)) renameSync(root, old);
  renameSync(draft, root);
  rmSync(old, { recursive: true, force: true });
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

/** Writes the scripts that run the servers. Throws if a server does not run. */
const writeScripts = () => {
  const valkey = writeScript('usr/bin/valkey-server');
  const mysql = writeScript('usr/sbin/mysqld', [
    `--basedir=${join(root, 'usr')}`,
    `--lc-messages-dir=${join(root, 'usr/share/mysql')}`,
    `--plugin-dir=${join(root, 'usr/lib/mysql/plugin')}`,
  ]);
  const versions = [versionOf(valkey), versionOf(mysql)];
  if (versions.includes(undefined)) throw new Error(`The programs in ${root} do not run`);
  return { valkey, mysql, versions };
};

/** True if the servers of these packages are there, and run. */
const isUnpacked = (files: readonly string[]): boolean => {
  try {
    writeScripts();
    return readFileSync(listFile, 'utf8') === files.join('\n');
  } catch {
    return false;
  }
};

try {
  say('Reading the package lists of Debian, and downloading …');
  const archives = await download();
  const files = readdirSync(archives).filter((name) => name.endsWith('.deb'));
  if (!isUnpacked(files)) {
    say(`Unpacking ${files.length} packages into ${root} …`);
    await unpack(archives, files);
  }
  rmSync(archives, { recursive: true });
  const { valkey, mysql, versions } = writeScripts();
  say(`${versions.join(' and ')} are ready. To use them:`);
  process.stdout.write(`export REDIS_PROGRAM=${quote(valkey)} MYSQL_PROGRAM=${quote(mysql)}\n`);
} catch (error) {
  const output = error instanceof Error && 'stderr' in error ? `\n${String(error.stderr).trim()}` : '';
  const what = error instanceof Error && output === '' ? error.message : 'a program failed:';
  say(`The newest servers could not be installed: ${what}${output}\nThey need apt, Debian's keys and a network.`);
  process.exitCode = 1;
}
