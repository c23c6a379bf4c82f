import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import { createClient } from '@redis/client';
import { connectRedis, type RedisConnection, type RedisSettings } from '@sluice/queue/connection.ts';
import { partitionOf } from '@sluice/queue/partition.ts';
import { testRedis } from './environment.ts';
import { checkLeaksAtEnd } from './leaks.ts';
import { hasPassed } from './outcome.ts';

checkLeaksAtEnd();

/** How to reach a Redis on loopback that takes this password. */
export const plainSettings = (port: number, password?: string): RedisSettings => ({
  host: '127.0.0.1',
  port,
  isCluster: false,
  tls: false,
  credentials: async () => ({ password }),
});

/** A client to look at a Redis and to change it behind the back of what is tested. It is closed when the test ends. */
export const openAdmin = async (test: TestContext, port: number, password?: string) => {
  const admin = createClient({ socket: { host: '127.0.0.1', port }, ...(password === undefined ? {} : { password }) });
  // A server that a test kills is no fault of the client.
  admin.on('error', () => undefined);
  await admin.connect();
  test.after(() => admin.destroy());
  return admin;
};

/** A connection that is closed when the test ends. */
export const connectFor = (
  test: TestContext,
  settings: RedisSettings,
  onError: (error: unknown) => void = () => undefined,
): RedisConnection => {
  const connection = connectRedis(settings, onError);
  test.after(connection.close);
  return connection;
};

/** A queue of the test's own on the real Redis. It is removed when the test passes and kept when it fails. */
export const createTestQueue = async (test: TestContext) => {
  const name = `test-${randomBytes(6).toString('hex')}`;
  const partition = partitionOf(name, 0);
  const admin = createClient({
    socket: { host: testRedis().host, port: testRedis().port },
    password: testRedis().password,
  });
  await admin.connect();
  test.after(async () => {
    if (hasPassed(test)) {
      for await (const keys of admin.scanIterator({ MATCH: `*${name}*`, COUNT: 1_000 })) {
        if (keys.length > 0) await admin.del(keys);
      }
    } else test.diagnostic(`The queue ${name} is kept`);
    admin.destroy();
  });

  /** A connection that is closed when the test ends; to another port when a proxy stands between. */
  const connect = (port = testRedis().port): RedisConnection =>
    connectFor(test, { ...plainSettings(port, testRedis().password), host: testRedis().host });

  return { name, partition, admin, connect };
};
