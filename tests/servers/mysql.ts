import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findServers } from '@sluice/local/find-servers.ts';
import { mysqlPart } from '@sluice/local/mysql.ts';
import { findFreePort } from '@sluice/local/ports.ts';
import type { TestMysql } from './environment.ts';
import type { Owner } from './test-file.ts';
import { waitUntil } from './wait.ts';

const password = 'not-a-secret';

/** Starts a MySQL of its own on loopback, to be killed and started again. Its data is gone when `owner` ends. */
export const startMysql = async (owner: Owner) => {
  const { mysql: runner } = findServers({ redis: false, mysql: true }, () => undefined);
  if (runner === undefined || !('program' in runner)) throw new Error('There is no MySQL on this machine to break');
  const folder = mkdtempSync(join(tmpdir(), 'sluice-mysql-'));
  const port = await findFreePort();
  const part = await mysqlPart({ runner, folder, port, user: 'sluice', password, database: 'count' });
  const launch = () => {
    const child = spawn(part.command, part.args, { stdio: 'ignore' });
    return { child, ended: once(child, 'exit') };
  };
  const isReady = async (): Promise<boolean> => {
    try {
      await part.checkReady([]);
      return true;
    } catch {
      return false;
    }
  };
  const ready = () => waitUntil(isReady, 30_000);
  let running = launch();

  /** `kill -9`; resolves when it is dead. */
  const kill = async () => {
    running.child.kill('SIGKILL');
    await running.ended;
  };
  /** Starts it again with its data; resolves when it takes connections. */
  const restart = async () => {
    running = launch();
    await ready();
  };

  owner.after(async () => {
    await kill();
    rmSync(folder, { recursive: true });
  });
  await ready();
  const server: TestMysql = { host: '127.0.0.1', port, user: 'root', password };
  return { server, kill, restart };
};
