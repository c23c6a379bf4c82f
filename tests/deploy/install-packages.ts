import { canInstall, installPackages as install } from '@sluice/local/install-packages.ts';

/** Installs packages of Debian, which it can as root on Debian alone. Throws what to do where it cannot. */
export const installPackages = (packages: readonly string[], advice: string): void => {
  const failure = canInstall() ? install(packages) : '';
  if (failure !== undefined) throw new Error(`${advice}\n${failure}`.trim());
};
