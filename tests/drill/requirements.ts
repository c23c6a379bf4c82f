import { spawnSync } from 'node:child_process';
import { canInstall, installPackages } from '@sluice/local/install-packages.ts';
import { findProgram } from '@sluice/local/servers/find-program.ts';
import { findServers } from '@sluice/local/servers/find-servers.ts';
import { findFaketime } from './system/clocks.ts';

type Tool = { readonly debianPackage: string; readonly isThere: () => boolean };

const program = (name: string, debianPackage: string): Tool => ({
  debianPackage,
  isThere: () => findProgram(name) !== undefined,
});

const tools: readonly Tool[] = [
  program('ip', 'iproute2'),
  program('nft', 'nftables'),
  program('haproxy', 'haproxy'),
  program('nsenter', 'util-linux'),
  { debianPackage: 'faketime', isThere: () => findFaketime() !== undefined },
];

/** This machine cannot run the drill. */
export class RequirementError extends Error {
  readonly code = 'REQUIREMENT';
}

/** Installs what the drill needs, where that is possible. Throws a {@link RequirementError}. */
export const meetRequirements = (say: (text: string) => void): void => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new RequirementError('The drill needs Linux and root: it makes network namespaces and mounts');
  }
  // Not every container may make them.
  if (spawnSync('unshare', ['--mount', '--net', '--pid', '--fork', '--mount-proc', 'true']).status !== 0) {
    throw new RequirementError('The drill needs the right to make namespaces (unshare), and this machine refuses it');
  }
  const missing = tools.filter(({ isThere }) => !isThere()).map(({ debianPackage }) => debianPackage);
  if (missing.length > 0) {
    say(`installing ${missing.join(' ')}`);
    const failure = canInstall() ? installPackages(missing) : 'They are packages of Debian.';
    if (tools.some(({ isThere }) => !isThere())) {
      throw new RequirementError(`The drill needs ${missing.join(', ')}. Install them. ${failure ?? ''}`.trim());
    }
  }
  findServers({ redis: true, mysql: true }, say);
};
