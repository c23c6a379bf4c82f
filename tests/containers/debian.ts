import { existsSync } from 'node:fs';
import { CommandError, run } from './run.ts';

const installWithinMs = 300_000;

/** Whether packages can be installed: as root on Debian, or what is made of it. */
export const canInstall = (): boolean => process.getuid?.() === 0 && existsSync('/etc/debian_version');

/** Installs those of the packages that are not there. */
export const installPackages = async (packages: readonly string[], say: (line: string) => void): Promise<void> => {
  const states = await Promise.all(packages.map(isInstalled));
  const missing = packages.filter((_, index) => states[index] !== true);
  if (missing.length === 0) return;
  say(`Installing ${missing.join(', ')} …`);
  const install = () =>
    run('apt-get', ['install', '--yes', '--no-install-recommends', ...missing], {
      environment: { DEBIAN_FRONTEND: 'noninteractive' },
      withinMs: installWithinMs,
    });
  try {
    await install();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    // A new machine has no package lists yet, an old one may have lists of versions that are gone.
    await run('apt-get', ['update'], { withinMs: installWithinMs });
    await install();
  }
};

const isInstalled = async (name: string): Promise<boolean> => {
  try {
    return (await run('dpkg-query', ['--show', '--showformat=${db:Status-Status}', name])) === 'installed';
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
};

/** Where apt takes this machine's Debian from, and the name of that Debian's release. */
export const debianSource = async (): Promise<{ mirror: string; release: string }> => {
  const format = '$(ORIGIN) $(CODENAME) $(REPO_URI)';
  const targets = await run('apt-get', ['indextargets', '--format', format, 'Identifier: Packages', 'Component: main']);
  const [, release, mirror] = /^Debian ([a-z]+) (\S+)$/m.exec(targets) ?? [];
  if (release === undefined || mirror === undefined) {
    throw new Error(`apt has no source of Debian's main packages; it has:\n${targets}`);
  }
  return { release, mirror };
};
