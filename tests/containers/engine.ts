import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, closeSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '@sluice/local/servers/find-program.ts';
import { canInstall } from '@sluice/local/install-packages.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { installPackages } from './images/debian.ts';
import { CommandError, run } from './run.ts';

/** A Docker engine, and the programs to control it. */
export type Engine = {
  /** The path of the client program. */
  readonly docker: string;
  /** The command words of Compose, version 2 or 1.29. */
  readonly compose: readonly string[];
  /** The environment variables for the client. */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * True if the engine has its own bridge network for builds. Otherwise builds use the network of
   * the machine.
   */
  readonly hasBridge: boolean;
  /** Stops an engine that this run started, and removes its data. */
  readonly stop: () => Promise<void>;
};

/** The error when no Docker engine is available. */
export class EngineMissingError extends Error {
  readonly code = 'ENGINE_MISSING';
}

// The second is for kernels without the features that the first needs.
const waysToStart = [
  ['--bridge=none'],
  ['--bridge=none', '--iptables=false', '--ip6tables=false', '--storage-driver=vfs'],
] as const;
const startWithinMs = 60_000;
const stopWithinMs = 60_000;

/**
 * Finds a running engine. If there is none, starts Debian's as root on Debian. Throws an
 * {@link EngineMissingError}.
 */
export const findEngine = async (say: (line: string) => void): Promise<Engine> => {
  const found = await engineThatAnswers();
  if (found !== undefined) {
    say(`Docker engine: the one that answers here, ${await versionOf(found.docker)}`);
    return found;
  }
  if (!canInstall()) {
    throw new EngineMissingError(
      'No Docker engine answers. Start Docker (or set DOCKER_HOST); as root on Debian one is installed and started by itself.',
    );
  }
  await installPackages(['docker.io', 'docker-compose'], say);
  const afterwards = await engineThatAnswers();
  return afterwards ?? startEngine(say);
};

const engineThatAnswers = async (): Promise<Engine | undefined> => {
  const docker = findProgram('docker');
  if (docker === undefined || !(await succeeds(docker, ['version', '--format', '{{.Server.Version}}'])))
    return undefined;
  return {
    docker,
    compose: await findCompose(docker),
    environment: {},
    hasBridge: await succeeds(docker, ['network', 'inspect', 'bridge']),
    stop: () => Promise.resolve(),
  };
};

const findCompose = async (docker: string): Promise<readonly string[]> => {
  if (await succeeds(docker, ['compose', 'version'])) return [docker, 'compose'];
  const program = findProgram('docker-compose');
  if (program !== undefined) return [program];
  throw new EngineMissingError('Docker is here, and Compose is not: install its plugin, or docker-compose.');
};

const startEngine = async (say: (line: string) => void): Promise<Engine> => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-engine-'));
  const failures: string[] = [];
  for (const way of waysToStart) {
    const engine = await tryToStart(folder, way);
    if (typeof engine !== 'string') {
      say(`Docker engine: started from Debian's package, ${await versionOf(engine.docker, engine.environment)}`);
      return engine;
    }
    failures.push(`dockerd ${way.join(' ')}:`, engine);
  }
  removeFolder(folder);
  throw new EngineMissingError(['Debian’s Docker engine does not start here.', ...failures].join('\n'));
};

/** Returns an engine, or the last lines of its log on failure. */
const tryToStart = async (folder: string, way: readonly string[]): Promise<Engine | string> => {
  const socket = `unix://${join(folder, 'socket')}`;
  const log = join(folder, 'log');
  const output = openSync(log, 'a');
  const paths = [
    '--data-root',
    join(folder, 'data'),
    '--exec-root',
    join(folder, 'exec'),
    '--pidfile',
    join(folder, 'pid'),
  ];
  const child = spawn('/usr/sbin/dockerd', [...paths, '--host', socket, ...way], {
    stdio: ['ignore', output, output],
    // Ctrl-C reaches only this process. It first stops the containers and then the engine.
    detached: true,
  });
  closeSync(output);
  const ended = once(child, 'exit');
  const docker = '/usr/bin/docker';
  const environment = { DOCKER_HOST: socket };
  await waitUntil(
    async () => child.exitCode !== null || (await succeeds(docker, ['version'], environment)),
    startWithinMs,
  );
  if (child.exitCode !== null) return readFileSync(log, 'utf8').split('\n').slice(-10).join('\n');
  const stop = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
    await ended;
    clearTimeout(timer);
    await unmountBelow(folder);
    removeFolder(folder);
  };
  return { docker, compose: ['/usr/bin/docker-compose'], environment, hasBridge: false, stop };
};

const unmountBelow = async (folder: string): Promise<void> => {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .flatMap((line) => line.split(' ')[1] ?? [])
    .filter((path) => path.startsWith(`${folder}/`));
  if (mounts.length > 0) await run('umount', ['--lazy', ...mounts.toReversed()]);
};

const removeFolder = (folder: string) => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });

const versionOf = (docker: string, environment: Readonly<Record<string, string>> = {}): Promise<string> =>
  run(docker, ['version', '--format', '{{.Server.Version}}'], { environment });

const succeeds = async (
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<boolean> => {
  try {
    await run(command, args, { environment, withinMs: 15_000 });
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
};
