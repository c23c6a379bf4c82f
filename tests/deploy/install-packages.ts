import { canInstall, installPackages as install } from '@sluice/local/install-packages.ts';

/** Installs Debian packages, which requires root on Debian. Throws with `advice` when it cannot. */
export const installPackages = (packages: readonly string[], advice: string): void => {
  const failure = canInstall() ? install(packages) : '';
  if (failure !== undefined) throw new Error(`${advice}\n${failure}`.trim());
};
