import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSupervisor, type Watcher } from '@sluice/local/processes/supervise.ts';
import { privateServers } from '@sluice/local/servers/private-servers.ts';
import type { Owner } from './owner.ts';
import type { Servers } from './pipeline.ts';

const printDeath: Watcher['onDeath'] = (part, how, lines) =>
  console.error([`${part} died (${how}):`, ...lines].join('\n'));

/**
 * Starts a Redis and a MySQL that end with their owner, with their data. A server that dies starts
 * again; `onDeath` is called then.
 */
export const startServers = async (
  owner: Owner,
  say: (text: string) => void,
  onDeath = printDeath,
): Promise<Servers> => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  owner.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const supervisor = createSupervisor({
    onLine: () => undefined,
    onDeath,
    onChange: () => undefined,
  });
  owner.after(supervisor.stop);
  say('starting Redis and MySQL');
  const { parts, environment } = await privateServers(folder, {}, say);
  await Promise.all(parts.map(supervisor.start));
  const { REDIS_PORT = '', REDIS_PASSWORD = '', DB_PORT = '', DB_PASSWORD = '' } = environment;
  const host = '127.0.0.1';
  return {
    redis: { host, port: Number(REDIS_PORT), password: REDIS_PASSWORD },
    mysql: { host, port: Number(DB_PORT), user: 'root', password: DB_PASSWORD },
    pids: supervisor.pids,
  };
};
