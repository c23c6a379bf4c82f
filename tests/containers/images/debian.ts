import { installPackages as install } from '@sluice/local/install-packages.ts';
import { CommandError, run } from '../run.ts';

/** Installs the packages that are missing. */
export const installPackages = async (packages: readonly string[], say: (line: string) => void): Promise<void> => {
  const states = await Promise.all(packages.map(isInstalled));
  const missing = packages.filter((_, index) => states[index] !== true);
  if (missing.length === 0) return;
  say(`Installing ${missing.join(', ')} …`);
  const failure = install(missing);
  if (failure !== undefined) throw new Error(failure);
};

const isInstalled = async (name: string): Promise<boolean> => {
  try {
    return (await run('dpkg-query', ['--show', '--showformat=${db:Status-Status}', name])) === 'installed';
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
};

/** Returns the apt mirror of this machine and its Debian release. */
export const debianSource = async (): Promise<{ mirror: string; release: string }> => {
  const format = '$(ORIGIN) $(CODENAME) $(REPO_URI)';
  const targets = await run('apt-get', ['indextargets', '--format', format, 'Identifier: Packages', 'Component: main']);
  const [, release, mirror] = /^Debian ([a-z]+) (\S+)$/m.exec(targets) ?? [];
  if (release === undefined || mirror === undefined) {
    throw new Error(`apt has no source of Debian's main packages; it has:\n${targets}`);
  }
  return { release, mirror };
};
