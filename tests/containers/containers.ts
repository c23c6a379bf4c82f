import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext } from 'node:test';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import type { Image } from './build-images.ts';
import { CommandError, run as runCommand } from './run.ts';

/** What `npm run test:containers` tells its checks. */
export const variable = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run these checks with npm run test:containers`);
  return value;
};

/** Runs the client of Docker. */
export const docker = (...args: readonly string[]): Promise<string> => runCommand(variable('SLUICE_DOCKER'), args);

/** The name of an image of this run. */
export const imageName = (image: Image): string => `sluice/${image}:${variable('SLUICE_TAG')}`;

/** How the services are run everywhere: on a file system that nobody writes to, without capabilities. */
export const hardened = ['--read-only', '--cap-drop=ALL', '--security-opt=no-new-privileges'] as const;

const upWithinMs = 120_000;

/** A Redis and a MySQL with Sluice's schema in containers, on a network of their own, for the checks of one file; removed after them. */
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
  // It is read by a user of the container, of whom this machine knows nothing.
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

  /** Starts a service as it is run everywhere; resolves with its container's name. The container is removed after the test. */
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

/** Whether a command of Docker ends with 0. */
export const succeeds = async (...args: readonly string[]): Promise<boolean> => {
  try {
    await docker(...args);
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
};

/** What Docker knows of a container or an image, by a path of its own notation, as text. */
export const inspect = (name: string, format: string): Promise<string> => docker('inspect', '--format', format, name);

/** The address of a container's port on this machine. */
export const addressOf = async (container: string, port: number): Promise<string> => {
  const published = await docker('port', container, `${port}/tcp`);
  const [, hostPort] = /:(\d+)$/m.exec(published) ?? [];
  if (hostPort === undefined) throw new Error(`Port ${port} of ${container} is not published`);
  return `http://127.0.0.1:${hostPort}`;
};

/** Sends SIGTERM; resolves with the exit code, and the ms that the container took to end. */
export const terminate = async (container: string): Promise<{ exitCode: number; tookMs: number }> => {
  const sentAt = performance.now();
  await docker('kill', '--signal=TERM', container);
  const exitCode = Number(await docker('wait', container));
  return { exitCode, tookMs: performance.now() - sentAt };
};
