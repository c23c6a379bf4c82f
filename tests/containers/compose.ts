import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { repository } from '@sluice/local/folder.ts';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import type { Owner } from '@sluice/test-servers/test-file.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { docker, variable } from './containers.ts';
import { CommandError, run } from './run.ts';

const upWithinMs = 300_000;
const backWithinMs = 120_000;

type ComposeSettings = {
  /** Overlay files in addition to compose.yaml, by their names at the root. */
  readonly files?: readonly string[];
  /** The number of containers of a service, if not one. */
  readonly scale?: Readonly<Record<string, number>>;
};

/** Starts Sluice with compose.yaml on free ports. Removes it and its data when `owner` ends. */
export const composeUp = async (owner: Owner, { files = [], scale = {} }: ComposeSettings = {}) => {
  const [command = '', ...words] = variable('SLUICE_COMPOSE').split(' ');
  const project = `sluice-check-${randomBytes(4).toString('hex')}`;
  const [port, pagePort] = [await findFreePort(), await findFreePort()];
  const environment = {
    COMPOSE_PROJECT_NAME: project,
    SLUICE_API_PORT: String(port),
    SLUICE_PORT: String(pagePort),
    SLUICE_TAG: variable('SLUICE_TAG'),
  };
  const standIns = files.map((name) => name.replace(/yaml$/, 'stand-ins.yaml'));
  const all = [
    ...['compose.yaml', ...files],
    ...(process.env['SLUICE_STAND_INS'] !== undefined
      ? ['compose.stand-ins.yaml', ...standIns].map((name) => join('tests/containers', name))
      : []),
  ].flatMap((name) => ['--file', join(repository, name)]);
  const compose = (...args: readonly string[]) =>
    run(command, [...words, ...all, ...args], { environment, withinMs: upWithinMs });

  /** Lists the running containers of one service, or of all. */
  const containersOf = async (service?: string): Promise<string[]> => {
    const ofService = service === undefined ? [] : ['--filter', `label=com.docker.compose.service=${service}`];
    const ofProject = ['--filter', `label=com.docker.compose.project=${project}`];
    const ids = await docker('ps', ...(service === undefined ? ['--all'] : []), '--quiet', ...ofProject, ...ofService);
    return ids.split('\n').filter((id) => id !== '');
  };

  const containerOf = async (service: string): Promise<string> => {
    const [id] = await containersOf(service);
    if (id === undefined) throw new Error(`No container of ${service} runs`);
    return id;
  };

  const exec = async (service: string, script: string): Promise<string> =>
    docker('exec', await containerOf(service), 'sh', '-c', script);

  /**
   * Simulates a crash: sends SIGKILL to all processes below the container's init. Resolves when the
   * engine has restarted it.
   */
  const crash = async (service: string): Promise<void> => {
    const id = await containerOf(service);
    const restarts = async () => Number(await docker('inspect', '--format', '{{.RestartCount}}', id));
    const before = await restarts();
    try {
      await docker('exec', id, 'sh', '-c', 'kill -9 -1');
    } catch (error) {
      // The shell is killed with its container.
      if (!(error instanceof CommandError)) throw error;
    }
    const isRunning = async () => (await docker('inspect', '--format', '{{.State.Status}}', id)) === 'running';
    await waitUntil(async () => (await restarts()) > before && (await isRunning()), backWithinMs);
  };

  /** Stops the containers of a service gracefully and starts them again. */
  const restart = async (service: string): Promise<void> => {
    await compose('restart', service);
  };

  const query = (sql: string) =>
    exec('mysql', `MYSQL_PWD="$(cat /run/secrets/root-password)" mysql -u root -N count -e '${sql}'`);

  const ledger = {
    readCounts: async (): Promise<number[]> => {
      const rows = await query('SELECT count_value FROM count.count ORDER BY id');
      return rows.split('\n').flatMap((row) => (row === '' ? [] : [Number(row)]));
    },
    readTotals: async (): Promise<number> => Number(await query('SELECT COALESCE(SUM(rows_count), 0) FROM totals')),
  };

  const address = `http://127.0.0.1:${port}`;

  const isDrained = async (): Promise<boolean> => {
    const response = await fetch(`${address}/queue`);
    const state: unknown = await response.json();
    return (
      typeof state === 'object' &&
      state !== null &&
      'waiting_batches' in state &&
      'in_flight_batches' in state &&
      state.waiting_batches === 0 &&
      state.in_flight_batches === 0
    );
  };

  const isVersion1 = (await compose('version', '--short')).startsWith('1.');
  const scales = Object.entries(scale).flatMap(([service, number]) => ['--scale', `${service}=${number}`]);

  owner.after(async () => {
    await compose('down', '--volumes', '--timeout', '1');
  });
  await compose('up', '-d', ...(isVersion1 ? [] : ['--wait']), '--no-build', ...scales);

  return {
    ...{ address, port, page: `http://127.0.0.1:${pagePort}/`, ledger, isDrained },
    ...{ containersOf, containerOf, exec, crash, restart },
  };
};
