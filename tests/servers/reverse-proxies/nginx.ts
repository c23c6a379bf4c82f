import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '@sluice/local/servers/find-program.ts';
import { repository } from '@sluice/local/folder.ts';
import { canInstall, installPackages } from '@sluice/local/install-packages.ts';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import { startChildServer } from '../child-server.ts';
import type { Owner } from '../test-file.ts';

/**
 * Starts nginx with containers/nginx.conf: an empty page, and `/api/` in front of the Envoy on
 * `envoyPort` of 127.0.0.1 (`frontendPort` of startEnvoy). Resolves when nginx serves the page.
 * `through`: a command that runs it.
 */
export const startNginx = async (owner: Owner, envoyPort: number, through: readonly string[] = []) => {
  const program = provideNginx();
  const folder = mkdtempSync(join(tmpdir(), 'sluice-nginx-'));
  owner.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'page'));
  writeFileSync(join(folder, 'page/index.html'), 'the page\n');
  const port = await findFreePort();
  const file = join(folder, 'nginx.conf');
  const text = readFileSync(join(repository, 'containers/nginx.conf'), 'utf8')
    .replaceAll('/dev/shm', folder)
    // Node's pipes are sockets, and nginx cannot open a socket by path.
    .replace('error_log /dev/stderr', 'error_log stderr')
    .replace('access_log /dev/stdout', `access_log ${join(folder, 'access.log')}`)
    .replace('root /page;', `root ${folder}/page;`)
    .replaceAll(/(?<=listen )8080/g, String(port))
    .replaceAll('envoy:8081', `127.0.0.1:${envoyPort}`);
  // As root, nginx runs its workers as another user, who cannot read the folder.
  writeFileSync(file, process.getuid?.() === 0 ? `user root;\n${text}` : text);
  const isReady = async () => (await fetch(`http://127.0.0.1:${port}/`)).ok;
  const [command, ...args] = [...through, program, '-c', file, '-e', 'stderr'];
  const server = await startChildServer(owner, [command, ...args], isReady);
  return { ...server, port };
};

const provideNginx = (): string => {
  const found = findProgram('nginx');
  if (found !== undefined) return found;
  const failure = canInstall() ? installPackages(['nginx-light']) : 'It is not installed.';
  const installed = findProgram('nginx');
  if (installed === undefined) {
    throw new Error(`These tests need nginx; on Debian: sudo apt-get install nginx-light\n${failure ?? ''}`);
  }
  return installed;
};
