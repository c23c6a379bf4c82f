import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { findServers } from '@sluice/local/servers/find-servers.ts';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import { connectRedis, type RedisSettings } from '@sluice/queue/redis/connect.ts';
import type { RedisConnection } from '@sluice/queue/redis/connection.ts';
import { partitionOf } from '@sluice/queue/partition.ts';
import { testRedis, type TestRedis } from './environment.ts';
import { openRedis } from './open-redis.ts';
import { hasPassed } from './outcome.ts';
// oxlint-disable-next-line import/no-unassigned-import -- fails files that leave connections open
import './test-file.ts';
import type { Owner } from './test-file.ts';
import { waitUntil } from './wait.ts';

/**
 * Starts a private Redis on loopback, without a password or a disk unless `options` (command-line
 * options) set them. It stops with `owner`.
 */
export const startRedis = async (owner: Owner, options: readonly string[] = []) => {
  const { redis } = findServers({ redis: true, mysql: false }, () => undefined);
  if (redis === undefined || !('program' in redis)) throw new Error('There is no Redis on this machine');
  const folder = mkdtempSync(join(tmpdir(), 'sluice-redis-'));
  const port = await findFreePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'];
  const launch = () => {
    const child = spawn(redis.program, [...args, ...options], { stdio: 'ignore' });
    return { child, ended: once(child, 'exit') };
  };
  let running = launch();
  /** Sends SIGKILL; resolves when the process is dead. */
  const kill = async () => {
    running.child.kill('SIGKILL');
    await running.ended;
  };
  const ready = () => waitUntil(() => isListening(port));
  /** Starts it again on the same port, with the files that it left in its folder. */
  const restart = async () => {
    running = launch();
    await ready();
  };
  owner.after(async () => {
    await kill();
    rmSync(folder, { recursive: true });
  });
  await ready();
  return { port, folder, kill, restart, signal: (signal: NodeJS.Signals) => running.child.kill(signal) };
};

const isListening = async (port: number): Promise<boolean> => {
  const socket = connectSocket(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
};

/** Returns the settings for a Redis on loopback with this password. */
export const plainSettings = (port: number, password?: string): RedisSettings => ({
  host: '127.0.0.1',
  port,
  isCluster: false,
  tls: false,
  credentials: async () => ({ password }),
});

/** Opens a client for a Redis on loopback, as {@link openRedis} does. */
export const openAdmin = (owner: Owner, port: number, password?: string, username?: string) =>
  openRedis(owner, { host: '127.0.0.1', port, username, password });

/** Opens a connection that is closed when the test ends. */
export const connectFor = (
  owner: Owner,
  settings: RedisSettings,
  onError: (error: unknown) => void = () => undefined,
): RedisConnection => {
  const connection = connectRedis(settings, onError);
  owner.after(connection.close);
  return connection;
};

/**
 * Creates a queue for one test, on the shared Redis or on `redis`. Removes it when the test passes
 * and keeps it when the test fails.
 */
export const createTestQueue = async (test: TestContext, redis: TestRedis = testRedis()) => {
  const { host, port: redisPort, password, isCluster = false } = redis;
  const name = `test-${randomBytes(6).toString('hex')}`;
  const partition = partitionOf(name, 0);
  test.after(async () => {
    // A cluster belongs to the test and is deleted with it.
    if (isCluster) return;
    if (hasPassed(test)) {
      for await (const keys of admin.scanIterator({ MATCH: `*${name}*`, COUNT: 1_000 })) {
        if (keys.length > 0) await admin.del(keys);
      }
    } else test.diagnostic(`The queue ${name} is kept`);
  });
  const admin = await openAdmin(test, redisPort, password);

  /**
   * Opens a connection that is closed when the test ends. `port`: that of a proxy, if there is one.
   */
  const connect = (port = redisPort): RedisConnection =>
    connectFor(test, { ...plainSettings(port, password), host, isCluster });

  return { name, partition, admin, connect };
};
