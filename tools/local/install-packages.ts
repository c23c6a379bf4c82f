import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findProgram } from './servers/find-program.ts';

// One for the machine: its holder installs, the others wait. In a folder that only root can write to: in /tmp another user could put a link there.
const lock = '/run/sluice-apt.lock';

/** Whether {@link installPackages} can do anything here: as root on Debian and what is made of it. */
export const canInstall = (): boolean =>
  process.getuid?.() === 0 && findProgram('apt-get') !== undefined && existsSync('/etc/debian_version');

/** Installs packages of Debian, one caller at a time; answers with what apt-get wrote when it failed, nothing when all are there. */
export const installPackages = (packages: readonly string[]): string | undefined => {
  const install = () => aptGet('install', '--yes', '--no-install-recommends', ...packages);
  if (install().status === 0) return undefined;
  // A new machine has no package lists yet, an old one may have lists of versions that are gone.
  aptGet('update');
  const { status, stdout, stderr } = install();
  return status === 0 ? undefined : `apt-get failed:\n${stdout}${stderr}`;
};

const aptGet = (...words: readonly string[]) =>
  spawnSync('flock', [lock, 'apt-get', ...words], {
    // Runlevel 1: servers are installed, and not started.
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    encoding: 'utf8',
  });
