import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext } from 'node:test';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import type { Image } from './images/build-images.ts';
import { CommandError, run as runCommand } from './run.ts';

/** Returns a variable that `npm run test:containers` sets for its checks. */
export const variable = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run these checks with npm run test:containers`);
  return value;
};

/** Runs the Docker client. */
export const docker = (...args: readonly string[]): Promise<string> => runCommand(variable('SLUICE_DOCKER'), args);

/** Returns the name of an image of this run. */
export const imageName = (image: Image): string => `sluice/${image}:${variable('SLUICE_TAG')}`;

/** The options of all services: a read-only file system, no capabilities and no new privileges. */
export const hardened = ['--read-only', '--cap-drop=ALL', '--security-opt=no-new-privileges'] as const;

const upWithinMs = 120_000;

/**
 * Starts Redis and MySQL with Sluice's schema in containers on a private network, for the checks of
 * one file. They are removed afterwards.
 */
export const startParts = async (images: { readonly mysql: string; readonly valkey: string }) => {
  const network = `sluice-checks-${randomBytes(4).toString('hex')}`;
  const folder = mkdtempSync(join(tmpdir(), 'sluice-checks-'));
  const servers: string[] = [];
  let started = 0;
  after(async () => {
    if (servers.length > 0) await docker('rm', '--force', '--volumes', ...servers);
    await docker('network', 'rm', network);
    rmSync(folder, { recursive: true });
  });
  await docker('network', 'create', network);

  const run = async (options: readonly string[], image: string, command: readonly string[]): Promise<string> => {
    started += 1;
    const name = `${network}-${started}`;
    await docker('run', '--detach', '--name', name, '--network', network, ...options, image, ...command);
    return name;
  };
  const runServer = async (options: readonly string[], image: string, command: readonly string[] = []) => {
    const name = await run(options, image, command);
    servers.push(name);
    return name;
  };

  const password = randomBytes(16).toString('hex');
  const passwordFile = join(folder, 'password');
  // A user of the container reads it, and this machine does not know that user.
  writeFileSync(passwordFile, password, { mode: 0o644 });
  await runServer(['--network-alias=valkey'], images.valkey, [
    'valkey-server',
    '--protected-mode',
    'no',
    '--appendonly',
    'yes',
  ]);
  const mysql = await runServer(
    [
      '--network-alias=mysql',
      '--user=999:999',
      '--volume',
      `${passwordFile}:/run/secrets/password:ro`,
      '--env=MYSQL_ROOT_PASSWORD_FILE=/run/secrets/password',
    ],
    images.mysql,
  );
  await waitUntil(
    () => succeeds('exec', mysql, 'mysqladmin', 'ping', '--host=127.0.0.1', '--user=root', `--password=${password}`),
    upWithinMs,
  );
  const environment = {
    REDIS_HOST: 'valkey',
    DB_HOST: 'mysql',
    DB_USER: 'root',
    DB_PASSWORD: password,
  };
  const given = Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  await docker('run', '--rm', '--network', network, ...hardened, ...given, imageName('database-setup'));

  /**
   * Starts a service with the {@link hardened} options; resolves with its container's name. The
   * container is removed after the test.
   */
  const startService = async (
    test: TestContext,
    image: Image,
    options: readonly string[] = [],
    ...command: readonly string[]
  ) => {
    const name = await run([...hardened, ...given, ...options], imageName(image), command);
    test.after(() => docker('rm', '--force', name));
    return name;
  };

  return { startService };
};

/** Returns true if a Docker command exits with 0. */
export const succeeds = async (...args: readonly string[]): Promise<boolean> => {
  try {
    await docker(...args);
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
};

/** Reads a property of a container or an image as text. `format` is a Docker format string. */
export const inspect = (name: string, format: string): Promise<string> => docker('inspect', '--format', format, name);

/** Returns the address of a container's port on this machine. */
export const addressOf = async (container: string, port: number): Promise<string> => {
  const published = await docker('port', container, `${port}/tcp`);
  const [, hostPort] = /:(\d+)$/m.exec(published) ?? [];
  if (hostPort === undefined) throw new Error(`Port ${port} of ${container} is not published`);
  return `http://127.0.0.1:${hostPort}`;
};

/** Sends SIGTERM; resolves with the exit code and the time until the exit in ms. */
export const terminate = async (container: string): Promise<{ exitCode: number; tookMs: number }> => {
  const sentAt = performance.now();
  await docker('kill', '--signal=TERM', container);
  const exitCode = Number(await docker('wait', container));
  return { exitCode, tookMs: performance.now() - sentAt };
};
