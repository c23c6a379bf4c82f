import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findProgram } from '@sluice/local/find-program.ts';

/** Installs packages of Debian, which it can as root on Debian alone. Throws what to do where it cannot. */
export const installPackages = (packages: readonly string[], advice: string): void => {
  const apt = findProgram('apt-get');
  if (process.getuid?.() !== 0 || apt === undefined || !existsSync('/etc/debian_version')) throw new Error(advice);
  const install = () =>
    spawnSync(apt, ['install', '--yes', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', ...packages], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
      encoding: 'utf8',
      timeout: 600_000,
    });
  let result = install();
  if (result.status !== 0) {
    // A new machine has no package lists yet.
    spawnSync(apt, ['update'], { timeout: 120_000 });
    result = install();
  }
  if (result.status !== 0) throw new Error(`${advice}\napt-get failed:\n${result.stdout}${result.stderr}`);
};
