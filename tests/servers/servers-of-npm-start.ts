import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findServers } from '@sluice/local/servers/find-servers.ts';
import { mysqlPart } from '@sluice/local/servers/mysql.ts';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import { redisPart } from '@sluice/local/servers/redis.ts';
import { spawnPart, type Part } from '@sluice/local/processes/supervise.ts';
import type { TestMysql, TestRedis } from './environment.ts';
import type { Owner } from './test-file.ts';
import { waitUntil } from './wait.ts';

// Servers as `npm start` runs them. Each test has its own, so it can kill and restart them. Their
// data is deleted when the owner ends.

const host = '127.0.0.1';
const password = 'not-a-secret';

const makeFolder = (owner: Owner): string => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-server-'));
  owner.after(() => rmSync(folder, { recursive: true }));
  return folder;
};

const findRunners = () => {
  const { redis, mysql } = findServers({ redis: true, mysql: true }, () => undefined);
  if (redis === undefined || mysql === undefined || !('program' in redis) || !('program' in mysql)) {
    throw new Error('There is no Redis or no MySQL on this machine to break');
  }
  return { redis, mysql };
};

const run = async (owner: Owner, part: Part) => {
  const launch = async () => {
    await part.prepare?.();
    const child = spawnPart(part, 'ignore');
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
  const ready = () => waitUntil(isReady);
  let running = await launch();

  /** Sends SIGKILL; resolves when the process is dead. */
  const kill = async () => {
    running.child.kill('SIGKILL');
    await running.ended;
  };
  /** Sends SIGTERM; resolves when the process has exited. */
  const stop = async () => {
    running.child.kill('SIGTERM');
    await running.ended;
  };
  /** Starts the server again with its data; resolves when it is ready. */
  const restart = async () => {
    running = await launch();
    await ready();
  };
  owner.after(kill);
  await ready();
  return { kill, stop, restart };
};

/** Starts a MySQL. `options`: command-line options in addition to those of `npm start`. */
export const startLocalMysql = async (owner: Owner, options: readonly string[] = []) => {
  const port = await findFreePort();
  const runner = findRunners().mysql;
  const folder = makeFolder(owner);
  const part = await mysqlPart({ runner, folder, port, user: 'sluice', password, database: 'count' });
  const server: TestMysql = { host, port, user: 'root', password };
  return { server, ...(await run(owner, { ...part, args: [...part.args, ...options] })) };
};

export const startLocalRedis = async (owner: Owner) => {
  const port = await findFreePort();
  const folder = makeFolder(owner);
  const said: string[] = [];
  const say = (line: string) => said.push(line);
  const part = redisPart({ runner: findRunners().redis, folder, port, password, say });
  const server: TestRedis = { host, port, password };
  /** `said`: the messages that `npm start` would have printed so far. */
  return { server, folder, said, ...(await run(owner, part)) };
};
