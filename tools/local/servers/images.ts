import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../folder.ts';
import { findProgram, isExecutable, versionOf } from './find-program.ts';

// `npm run servers:images -- mysql:8.4 valkey/valkey:9`: unpacks the images of a MySQL and a Redis
// into a folder, and prints the variables with which `npm test` runs their programs. Unlike
// containers, the programs are processes of this machine that tests can kill, freeze and restart.
// It needs root on Linux, and a Docker engine.

const programsOf = {
  MYSQL_PROGRAM: ['mysqld', 'mariadbd'],
  REDIS_PROGRAM: ['redis-server', 'valkey-server'],
};
// Scripts of MariaDB that are run next to its server.
const companions = ['mariadb-install-db'];
const foldersOfPrograms = ['usr/sbin', 'usr/bin', 'usr/local/bin'];
const folder = join(repository, '.sluice/images');
const say = (text: string) => process.stderr.write(`${text}\n`);
const quote = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;

/** Unpacks the files of an image into a folder of their own. Returns the folder. */
const unpack = (docker: string, image: string): string => {
  const root = join(folder, image.replaceAll(/[^\w.-]/g, '_'));
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  const container = execFileSync(docker, ['create', image], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const command = `${quote(docker)} export ${container.trim()} | tar --extract --directory ${quote(root)}`;
    execFileSync('bash', ['-o', 'pipefail', '-c', command], { stdio: ['ignore', 'inherit', 'inherit'] });
  } finally {
    execFileSync(docker, ['rm', container.trim()], { stdio: 'ignore' });
  }
  // An engine fills in this file, and mariadb-install-db looks up the name of the machine.
  copyFileSync('/etc/hosts', join(root, 'etc/hosts'));
  return root;
};

/**
 * Writes a script that runs a program in the file system of its image, which has this machine's
 * `/tmp`. Its mounts are its own and end with it.
 */
const writeScript = (root: string, program: string): string => {
  const file = join(`${root}.bin`, program.replace(/^.*\//, ''));
  const inside = `cd "$0" 2>/dev/null; exec "$@"`;
  const mount = `for path in tmp dev proc; do mount --rbind "/$path" "$0/$path"; done`;
  const outside = `${mount}; exec chroot "$0" /bin/sh -c ${quote(inside)} "$PWD" "$@"`;
  const command = `exec unshare --mount sh -c ${quote(outside)} ${quote(root)} ${quote(`/${program}`)} "$@"`;
  mkdirSync(`${root}.bin`, { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${command}\n`, { mode: 0o755 });
  return file;
};

const findIn = (root: string, names: readonly string[]): string | undefined =>
  foldersOfPrograms
    .flatMap((path) => names.map((name) => join(path, name)))
    .find((path) => isExecutable(join(root, path)));

try {
  const docker = findProgram('docker');
  const images = process.argv.slice(2);
  if (docker === undefined || process.getuid?.() !== 0) throw new Error('It needs a Docker engine, and root');
  if (images.length === 0) throw new Error('Name images, for example: mysql:8.4 valkey/valkey:9');
  for (const image of images) {
    say(`Unpacking ${image} …`);
    const root = unpack(docker, image);
    const [variable, program] =
      Object.entries(programsOf)
        .map(([name, programs]) => [name, findIn(root, programs)] as const)
        .find(([, found]) => found !== undefined) ?? [];
    if (program === undefined) throw new Error(`${image} has no program of MySQL or Redis`);
    for (const name of companions) {
      const companion = findIn(root, [name]);
      if (companion !== undefined) writeScript(root, companion);
    }
    const script = writeScript(root, program);
    const version = versionOf(script);
    if (version === undefined) throw new Error(`${program} of ${image} does not run here`);
    say(`${image}: ${version}`);
    process.stdout.write(`export ${variable}=${quote(script)}\n`);
  }
} catch (error) {
  say(`The servers of these images cannot be used: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
