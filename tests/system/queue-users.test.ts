import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { accessStringOf, queueCommands, type QueueUser } from '@sluice/infra/constructs/queue-users.ts';
import { findFreePort } from '@sluice/local/ports.ts';
import { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { openAdmin, startRedis } from '@sluice/test-servers/queue.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';

// The users that the AWS account gives to Valkey, on a real server that keeps to their rights: what a process sends and may not would
// fail there for the first time.

const password = 'not-a-secret';
// No right is needed for the first; the others are the test's own.
const unasked = new Set(['hello', 'acl|log', 'command|info', 'config|resetstat']);

/** A cluster of one node, as ElastiCache's are clusters, with one of the users for each process. */
const createRestrictedQueue = async (t: TestContext) => {
  const { start, command, address, ledger, queue, untilRecorded } = await createPipeline(t);
  const busPort = String(await findFreePort());
  const { port } = await startRedis(t, ['--cluster-enabled', 'yes', '--cluster-port', busPort]);
  const admin = await openAdmin(t, port);
  await admin.clusterAddSlotsRange({ start: 0, end: 16_383 });
  await waitUntil(async () => (await admin.clusterInfo()).includes('cluster_state:ok'), 10_000);
  const allow = async (user: QueueUser, leftOut: readonly string[] = []) => {
    const rights = accessStringOf(user, queue.name).split(' ');
    const known = await Promise.all(
      rights.map(async (right) => !right.startsWith('+') || (await isKnown(right.slice(1)))),
    );
    const given = rights.filter((right, index) => known[index] && !leftOut.includes(right.slice(1)));
    await admin.aclSetUser(user, ['reset', `>${password}`, ...given]);
  };
  // Redis 7.0 has no CLIENT SETINFO; Valkey has.
  const isKnown = async (name: string): Promise<boolean> =>
    (await admin.sendCommand<unknown[]>(['COMMAND', 'INFO', name]))[0] !== null;
  const environmentOf = (user: QueueUser) => ({
    REDIS_HOST: '127.0.0.1',
    REDIS_PORT: String(port),
    REDIS_CLUSTER: 'true',
    REDIS_USERNAME: user,
    REDIS_PASSWORD: password,
  });
  const readUsed = async (): Promise<string[]> => {
    const stats = await admin.info('commandstats');
    return [...stats.matchAll(/^cmdstat_([^:]+):calls=(\d+),.*rejected_calls=(\d+)/gm)]
      .filter(([, , calls]) => Number(calls) > 0)
      .map(([, name = '']) => name.toLowerCase())
      .filter((name) => !unasked.has(name));
  };
  /** What was refused, as `user command`. */
  const readRefused = async (): Promise<string[]> =>
    (await admin.aclLog()).map(({ username, object }) => `${username} ${object}`);
  return {
    admin,
    allow,
    environmentOf,
    readUsed,
    readRefused,
    isKnown,
    start,
    command,
    address,
    ledger,
    queue,
    untilRecorded,
  };
};

type RestrictedQueue = Awaited<ReturnType<typeof createRestrictedQueue>>;

const post = (address: string, path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  fetch(`${address}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

/** All that a producer sends: single counts, many, keyed ones that are new and known, the state of the queue, a wait for replicas. */
const runProducer = async ({ start, environmentOf, address }: RestrictedQueue) => {
  const environment = environmentOf('producer');
  const producer = await start('producer', environment);
  assert.equal((await post(address, '/count', { count: 1 })).status, 201);
  assert.equal((await post(address, '/counts', { counts: Array(1_500).fill(2) })).status, 201);
  for (const count of [3, 3]) {
    assert.equal((await post(address, '/count', { count }, { 'idempotency-key': 'once' })).status, 201);
  }
  assert.equal((await fetch(`${address}/ready`)).status, 200);
  assert.equal((await fetch(`${address}/queue`)).status, 200);
  assert.equal((await producer.end('SIGTERM')).code, 0);
  // There is no replica that could hold it.
  const careful = await start('producer', { ...environment, QUEUE_ACK_REPLICAS: '1' });
  assert.equal((await post(address, '/count', { count: 1 })).status, 503);
  assert.equal((await careful.end('SIGTERM')).code, 0);
};

const runConsumer = async ({ start, environmentOf, untilRecorded, admin, queue }: RestrictedQueue) => {
  const consumer = await start('consumer', environmentOf('consumer'));
  await untilRecorded(1_503, 20_000);
  await waitUntil(async () => (await admin.xLen(queue.partition.deadLetters)) === 2, 20_000);
  assert.equal((await consumer.end('SIGTERM')).code, 0);
};

const runOperator = async ({ command, environmentOf }: RestrictedQueue) => {
  const operate = async (...words: string[]) => {
    const { code, output } = await command('consumer/operator', words, environmentOf('operator'));
    assert.equal(code, 0, output);
    return output;
  };
  const [name = ''] = /\{\S+/.exec(await operate('dead-letters', 'list')) ?? [];
  await operate('dead-letters', 'show', name);
  await operate('dead-letters', 'replay', name);
  await operate('dead-letters', 'drop', '--all');
  for (const action of ['pause', 'status', 'resume']) await operate('consumers', action);
};

const phases = { producer: runProducer, consumer: runConsumer, operator: runOperator };

test('producer, consumer and operator do all that they do with the rights of their users, and need every one of these', async (t) => {
  const restricted = await createRestrictedQueue(t);
  const { admin, allow, queue, readUsed, readRefused, isKnown } = restricted;
  for (const [user, run] of Object.entries(phases) as [QueueUser, (given: RestrictedQueue) => Promise<void>][]) {
    await allow(user);
    if (user === 'consumer') {
      // The batch that no replica had was added all the same; it must not count here.
      const entries = (await admin.xRange(queue.partition.stream, '-', '+')) ?? [];
      await admin.xDel(queue.partition.stream, entries.at(-1)?.id ?? '');
      for (const word of ['one', 'two']) await admin.xAdd(queue.partition.stream, '*', { not: word });
      await admin.xGroupDestroy(queue.partition.stream, 'ledger');
    }
    await admin.configResetStat();
    await run(restricted);
    assert.deepEqual(await readRefused(), [], user);
    // A slot that moves is not part of this test.
    const needed = await Promise.all(
      queueCommands[user].map(async (name) => (name !== 'asking' && (await isKnown(name)) ? [name] : [])),
    );
    assert.deepEqual((await readUsed()).toSorted(), needed.flat().toSorted(), user);
  }
});

test('a right that is missing is seen', async (t) => {
  const restricted = await createRestrictedQueue(t);
  await restricted.allow('producer', ['pexpire']);
  await assert.rejects(runProducer(restricted));
  assert.ok((await restricted.readRefused()).includes('producer pexpire'));
});
