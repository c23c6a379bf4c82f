import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import { createClient } from '@redis/client';
import { connectRedis, type RedisConnection } from '@sluice/queue/connection.ts';
import { partitionOf } from '@sluice/queue/partition.ts';
import { testRedis } from './environment.ts';
import { checkLeaksAtEnd } from './leaks.ts';
import { hasPassed } from './outcome.ts';

checkLeaksAtEnd();

const openClient = () => createClient({ socket: { host: testRedis().host, port: testRedis().port }, password: testRedis().password });

/** A queue of the test's own on the real Redis. It is removed when the test passes and kept when it fails. */
export const createTestQueue = async (test: TestContext) => {
  const name = `test-${randomBytes(6).toString('hex')}`;
  const partition = partitionOf(name, 0);
  // To look at the queue and to change it behind the back of what is tested.
  const admin = openClient();
  await admin.connect();
  test.after(async () => {
    if (hasPassed(test)) await admin.del([partition.stream, partition.deadLetters]);
    else test.diagnostic(`The queue ${name} is kept`);
    admin.destroy();
  });

  /** A connection that is closed when the test ends; to another port when a proxy stands between. */
  const connect = (port = testRedis().port): RedisConnection => {
    const connection = connectRedis({ ...testRedis(), port }, () => undefined);
    test.after(connection.close);
    return connection;
  };

  return { name, partition, admin, connect };
};
