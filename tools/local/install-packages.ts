import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findProgram } from './servers/find-program.ts';

// One lock per machine: its holder installs, the others wait. Only root can write to the folder. In
// /tmp another user could place a link.
const lock = '/run/sluice-apt.lock';

/** True if {@link installPackages} can work here: as root on Debian or a derivative. */
export const canInstall = (): boolean =>
  process.getuid?.() === 0 && findProgram('apt-get') !== undefined && existsSync('/etc/debian_version');

/**
 * Installs Debian packages, one caller at a time. Returns the output of apt-get if it fails, else
 * undefined.
 */
export const installPackages = (packages: readonly string[]): string | undefined => {
  const install = () => aptGet('install', '--yes', '--no-install-recommends', ...packages);
  if (install().status === 0) return undefined;
  // A new machine has no package lists yet. An old one may list versions that no longer exist.
  aptGet('update');
  const { status, stdout, stderr } = install();
  return status === 0 ? undefined : `apt-get failed:\n${stdout}${stderr}`;
};

const aptGet = (...words: readonly string[]) =>
  spawnSync('flock', [lock, 'apt-get', ...words], {
    // Runlevel 1: apt-get installs servers without starting them.
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    encoding: 'utf8',
  });
