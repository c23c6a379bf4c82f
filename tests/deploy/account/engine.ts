import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '@sluice/local/servers/find-program.ts';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import type { Owner } from '@sluice/test-servers/test-file.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { installPackages } from '../install-packages.ts';
import { startFront, type Front } from './front.ts';

const startsWithinMs = 120_000;
const packages = { docker: 'docker.io', dockerd: 'docker.io', 'docker-registry': 'docker-registry' };

/** Runs a Debian server until its owner ends. Resolves when `isUp` returns true. */
const startServer = async (owner: Owner, program: string, args: readonly string[], isUp: () => Promise<boolean>) => {
  const server = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(server, 'exit');
  let log = '';
  for (const stream of [server.stdout, server.stderr]) {
    stream.on('data', (chunk) => {
      log = `${log}${String(chunk)}`.slice(-10_000);
    });
  }
  owner.after(async () => {
    server.kill('SIGTERM');
    await ended;
  });
  await waitUntil(async () => {
    if (server.exitCode !== null) throw new Error(`${program} ended by itself:\n${log}`);
    return isUp();
  }, startsWithinMs);
};

/** The registry, and the environment variables that point a process to the engine. */
export type Engine = {
  readonly registry: Front;
  readonly variables: Readonly<Record<string, string>>;
};

/**
 * Starts Debian's Docker engine and registry. The first `docker` on the path builds images from
 * nothing (docker.ts), since the real base images would need another registry. The engine does
 * everything else.
 */
export const startEngine = async (owner: Owner, folder: string): Promise<Engine> => {
  const [docker, dockerd, registry] = findPrograms();
  const registryPort = await findFreePort();
  const configuration = join(folder, 'registry.json');
  // JSON is valid YAML.
  const settings = {
    version: '0.1',
    log: { level: 'warn' },
    storage: { filesystem: { rootdirectory: join(folder, 'registry') }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${registryPort}` },
  };
  writeFileSync(configuration, JSON.stringify(settings));
  await startServer(owner, registry, ['serve', configuration], async () =>
    fetch(`http://127.0.0.1:${registryPort}/v2/`).then(
      async (answer) => {
        await answer.body?.cancel();
        return answer.ok;
      },
      () => false,
    ),
  );
  const front = await startFront(owner, registryPort);
  const socket = `unix://${join(folder, 'docker.sock')}`;
  await startServer(
    owner,
    dockerd,
    [
      ...['--data-root', join(folder, 'docker'), '--exec-root', join(folder, 'docker-run')],
      ...['--pidfile', join(folder, 'docker.pid'), '--host', socket],
      // No container runs in it, so it needs no network. vfs also works inside a container.
      ...['--iptables=false', '--ip6tables=false', '--bridge=none', '--storage-driver=vfs'],
    ],
    async () => {
      const asked = spawn(docker, ['--host', socket, 'version'], { stdio: 'ignore' });
      await once(asked, 'exit');
      return asked.exitCode === 0;
    },
  );
  const programs = join(folder, 'programs');
  mkdirSync(programs);
  const script = `#!/bin/sh\nexec '${process.execPath}' '${join(import.meta.dirname, 'docker.ts')}' '${docker}' "$@"\n`;
  writeFileSync(join(programs, 'docker'), script, { mode: 0o755 });
  return {
    registry: front,
    variables: {
      DOCKER_HOST: socket,
      DOCKER_CONFIG: join(folder, 'docker-config'),
      PATH: `${programs}:${process.env['PATH'] ?? ''}`,
    },
  };
};

const findPrograms = (): readonly [docker: string, dockerd: string, registry: string] => {
  const find = () => Object.keys(packages).map((program) => findProgram(program));
  if (find().includes(undefined)) {
    const absent = Object.entries(packages).filter(([program]) => findProgram(program) === undefined);
    const names = [...new Set(absent.map(([, name]) => name))];
    installPackages(names, `The tests of deploying push images with Debian's ${names.join(' and ')}.`);
  }
  const [docker, dockerd, registry] = find();
  if (docker === undefined || dockerd === undefined || registry === undefined)
    throw new Error(`${Object.keys(packages).join(', ')} are not all there after they were installed`);
  return [docker, dockerd, registry];
};
