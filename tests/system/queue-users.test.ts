import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { accessStringOf, queueRights, type QueueUser } from '@sluice/infra/data/queue-users.ts';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import { addOnce, addRowsOnce } from '@sluice/queue/append/key-records.ts';
import { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { tablePartitionOf } from '@sluice/queue/partition.ts';
import { openAdmin, startRedis } from '@sluice/test-servers/queue.ts';
import { createTestTables, tablesFile } from '@sluice/test-servers/tables.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';

// The Valkey users of the AWS account, on a real server that enforces their rights. Without this
// test, a forbidden command would first fail on AWS.

const password = 'not-a-secret';
const escape = (text: string): string => text.replaceAll(/[|+]/g, String.raw`\$&`);
// `hello` needs no right. The other commands are the test's own.
const unasked = new Set(['hello', 'acl|log', 'command|info', 'config|resetstat']);

/**
 * Starts a cluster of one node, since ElastiCache uses clusters, with one user for each process.
 */
const createRestrictedQueue = async (t: TestContext) => {
  const { start, command, address, ledger, queue, untilRecorded } = await createPipeline(t);
  await createTestTables(ledger.query);
  const votes = tablePartitionOf(queue.partition, 'vote');
  const busPort = String(await findFreePort());
  const { port } = await startRedis(t, ['--cluster-enabled', 'yes', '--cluster-port', busPort]);
  const admin = await openAdmin(t, port);
  await admin.clusterAddSlotsRange({ start: 0, end: 16_383 });
  await waitUntil(async () => (await admin.clusterInfo()).includes('cluster_state:ok'));
  const allow = async (user: QueueUser, leftOut: readonly string[] = []) => {
    const rights = accessStringOf(user, queue.name);
    const names = [...rights.matchAll(/\+(\S+?)(?=[ )])/g)].map(([, name = '']) => name);
    const known = await Promise.all(names.map(isKnown));
    const without = [...names.filter((_, index) => !known[index]), ...leftOut].map((name) => `+${name}`);
    const given = without.reduce(
      (text, name) => text.replaceAll(new RegExp(`${escape(name)}(?=[ )])`, 'g'), ''),
      rights,
    );
    await admin.sendCommand(['ACL', 'SETUSER', user, 'reset', `>${password}`, ...given.split(' ').filter(Boolean)]);
  };
  // Valkey has CLIENT SETINFO; Redis 7.0 does not.
  const isKnown = async (name: string): Promise<boolean> =>
    (await admin.sendCommand<unknown[]>(['COMMAND', 'INFO', name]))[0] !== null;
  const environmentOf = (user: QueueUser) => ({
    REDIS_HOST: '127.0.0.1',
    REDIS_PORT: String(port),
    REDIS_CLUSTER: 'true',
    REDIS_USERNAME: user,
    REDIS_PASSWORD: password,
    TABLES_FILE: tablesFile,
  });
  const readUsed = async (): Promise<string[]> => {
    const stats = await admin.info('commandstats');
    return [...stats.matchAll(/^cmdstat_([^:]+):calls=(\d+),.*rejected_calls=(\d+)/gm)]
      .filter(([, , calls]) => Number(calls) > 0)
      .map(([, name = '']) => name.toLowerCase())
      .filter((name) => !unasked.has(name));
  };
  /** Reads the refused commands, each as `user command`. */
  const readRefused = async (): Promise<string[]> =>
    (await admin.aclLog()).map(({ username, object }) => `${username} ${object}`);
  return {
    admin,
    port,
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
    votes,
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

/**
 * Runs everything that a producer sends: single counts, many counts, new and duplicate keyed
 * requests, the same with rows, the states of the queues, a wait for replicas.
 */
const runProducer = async ({ start, environmentOf, address }: RestrictedQueue) => {
  const environment = environmentOf('producer');
  const producer = await start('producer', environment);
  assert.equal((await post(address, '/count', { count: 1 })).status, 201);
  assert.equal((await post(address, '/counts', { counts: Array(1_500).fill(2) })).status, 201);
  for (const count of [3, 3]) {
    assert.equal((await post(address, '/count', { count }, { 'idempotency-key': 'once' })).status, 201);
  }
  const vote = { choice: 'yes', weight: 1 };
  assert.equal((await post(address, '/tables/vote/rows', vote)).status, 201);
  assert.equal(
    (
      await post(
        address,
        '/tables/vote/rows',
        Array.from({ length: 1_500 }, () => vote),
      )
    ).status,
    201,
  );
  for (const choice of ['blank', 'blank']) {
    const rows = [vote, { ...vote, choice }];
    assert.equal((await post(address, '/tables/vote/rows', rows, { 'idempotency-key': 'once' })).status, 201);
  }
  assert.equal((await fetch(`${address}/tables/vote/queue`)).status, 200);
  assert.equal((await fetch(`${address}/ready`)).status, 200);
  assert.equal((await fetch(`${address}/queue`)).status, 200);
  assert.equal((await producer.end('SIGTERM')).code, 0);
  // The wait fails: there is no replica.
  const careful = await start('producer', { ...environment, QUEUE_ACK_REPLICAS: '1' });
  assert.equal((await post(address, '/count', { count: 1 })).status, 503);
  assert.equal((await careful.end('SIGTERM')).code, 0);
};

const runConsumer = async ({ start, environmentOf, untilRecorded, admin, queue, votes, ledger }: RestrictedQueue) => {
  // A refused row, so that the consumer splits its entry.
  await ledger.query("ALTER TABLE vote ADD CONSTRAINT no_blank CHECK (choice <> 'blank')");
  const consumer = await start('consumer', environmentOf('consumer'));
  await untilRecorded(1_503, 20_000);
  await waitUntil(async () => (await admin.xLen(queue.partition.deadLetters)) === 2);
  await waitUntil(async () => (await ledger.query('SELECT id FROM vote')).length === 1_502);
  await waitUntil(async () => (await admin.xLen(votes.deadLetters)) === 1);
  assert.equal((await consumer.end('SIGTERM')).code, 0);
};

const runOperator = async ({ command, environmentOf, admin, queue }: RestrictedQueue) => {
  const { stream } = queue.partition;
  const addEntry = async () => `${stream}/${await admin.xAdd(stream, '*', { not: 'three' })}`;
  const operate = async (...words: string[]) => {
    const { code, output } = await command('consumer/operator', words, environmentOf('operator'));
    assert.equal(code, 0, output);
    return output;
  };
  const [name = ''] = /\{\S+/.exec(await operate('dead-letters', 'list')) ?? [];
  await operate('dead-letters', 'show', name);
  await operate('dead-letters', 'replay', name);
  await operate('dead-letters', 'move', await addEntry());
  await operate('dead-letters', 'drop', '--all');
  for (const action of ['pause', 'status', 'resume', 'adopt']) await operate('consumers', action);
  for (const action of ['pause', 'status', 'resume']) await operate('consumers', action, '--table', 'vote');
};

const commandsOf = (user: QueueUser): string[] => [
  ...new Set(queueRights[user].flatMap(({ commands }): readonly string[] => commands)),
];

const phases = { producer: runProducer, consumer: runConsumer, operator: runOperator };

test('producer, consumer and operator work with the rights of their users, and need every one', async (t) => {
  const restricted = await createRestrictedQueue(t);
  const { admin, allow, queue, readUsed, readRefused, isKnown } = restricted;
  for (const [user, run] of Object.entries(phases) as [QueueUser, (given: RestrictedQueue) => Promise<void>][]) {
    await allow(user);
    // Consumers load the script.
    if (user === 'producer') await Promise.all([addOnce, addRowsOnce].map(({ text }) => admin.scriptLoad(text)));
    if (user === 'consumer') {
      // The batch is in the queue although no replica had it. It must not count here.
      const entries = (await admin.xRange(queue.partition.stream, '-', '+')) ?? [];
      await admin.xDel(queue.partition.stream, entries.at(-1)?.id ?? '');
      for (const word of ['one', 'two']) await admin.xAdd(queue.partition.stream, '*', { not: word });
      await admin.xGroupDestroy(queue.partition.stream, 'ledger');
    }
    await admin.configResetStat();
    await run(restricted);
    assert.deepEqual(await readRefused(), [], user);
    // This test moves no hash slot, so ASKING is not needed.
    const needed = await Promise.all(
      commandsOf(user).map(async (name) => (name !== 'asking' && (await isKnown(name)) ? [name] : [])),
    );
    assert.deepEqual((await readUsed()).toSorted(), needed.flat().toSorted(), user);
  }
});

test('a producer runs its script once a consumer has loaded it, and accepts requests without a key before', async (t) => {
  const restricted = await createRestrictedQueue(t);
  const { allow, start, address, environmentOf, admin, untilRecorded } = restricted;
  await allow('producer');
  await allow('consumer');
  await start('producer', environmentOf('producer'));
  const postKeyed = async () => (await post(address, '/count', { count: 1 }, { 'idempotency-key': 'once' })).status;
  assert.equal(await postKeyed(), 503);
  assert.equal((await post(address, '/count', { count: 2 })).status, 201);
  await start('consumer', environmentOf('consumer'));
  await waitUntil(async () => (await postKeyed()) === 201);
  // A restarted server has lost its scripts.
  await admin.scriptFlush();
  await waitUntil(async () => (await postKeyed()) === 201);
  await untilRecorded(2, 20_000);
});

/**
 * The commands that each user must be refused, separated by commas. The words of `keys` stand for
 * the keys of the queue.
 */
const refused: Readonly<Record<QueueUser, string>> = {
  producer: `SET STREAM x, SET DEAD x, SET PAUSE 1, SET PARTITIONS x, HSET {other:0}:keys:0:1 a b, GET STREAM,
    DEL STREAM, DEL KEY, SET KEY x, HDEL KEY a, HSET STREAM a b, HSET PAUSE a b, HINCRBY DEAD a 1,
    EXPIREAT STREAM 1, EXPIREAT DEAD 1, DEL PAUSE, PEXPIRE STREAM 1, PEXPIRE DEAD 1, PEXPIRE PARTITIONS 1,
    RENAME STREAM {other:0}, XADD DEAD * v 1, XADD KEY * v 1, XADD PAUSE * v 1, XADD {other:0} * v 1,
    XTRIM STREAM MAXLEN 0, XDEL STREAM 1-0, XACK STREAM ledger 1-0, XSETID STREAM 99999999999999-0,
    XGROUP DESTROY STREAM ledger, XGROUP SETID STREAM ledger $, XGROUP DELCONSUMER STREAM ledger a,
    XGROUP CREATE DEAD ledger $ MKSTREAM, XREADGROUP GROUP ledger a STREAMS STREAM >,
    XAUTOCLAIM STREAM ledger a 0 0, XRANGE DEAD - +, SADD PAUSE 1, SREM PARTITIONS STREAM, SMEMBERS PARTITIONS,
    EVAL return 0, EVAL_RO return 0, EVALSHA SHA 1 DEAD, EVALSHA SHA 1 PAUSE, SCRIPT LOAD return, SCRIPT FLUSH,
    FUNCTION LOAD x, FCALL x 0, XADD TABLE-DEAD * v 1, XTRIM TABLE MAXLEN 0, XDEL TABLE 1-0, DEL TABLE,
    XRANGE TABLE-DEAD - +, MEMORY USAGE STREAM, MEMORY USAGE KEY, SADD PAUSED vote, SREM PAUSED vote, DEL PAUSED`,
  consumer: `XADD STREAM * v 1, XADD KEY * v 1, XTRIM STREAM MAXLEN 0, XSETID STREAM 99999999999999-0,
    XGROUP DESTROY STREAM ledger, XGROUP SETID STREAM ledger $, XDEL DEAD 1-0, XTRIM DEAD MAXLEN 0,
    XRANGE DEAD - +, DEL STREAM, DEL DEAD, PEXPIRE STREAM 1, SET STREAM x, SET PAUSE 1, DEL PAUSE,
    SADD PARTITIONS x, SREM PARTITIONS STREAM, HGET KEY a, HSET KEY a b, EVAL return 1 PAUSE, EVAL return 1 KEY,
    SCRIPT FLUSH, FUNCTION LOAD x, XTRIM TABLE MAXLEN 0, DEL TABLE, DEL TABLE-DEAD, XDEL TABLE-DEAD 1-0,
    MEMORY USAGE TABLE, SADD PAUSED vote, SREM PAUSED vote, DEL PAUSED`,
  operator: `XTRIM STREAM MAXLEN 0, XTRIM DEAD MAXLEN 0, XDEL KEY 1-0, XADD KEY * v 1, XACK DEAD ledger 1-0,
    XREADGROUP GROUP ledger a STREAMS STREAM >, XCLAIM STREAM ledger a 0 1-0, XGROUP DESTROY STREAM ledger,
    XGROUP CREATE STREAM other 0, SET STREAM x, SET DEAD x, DEL STREAM, DEL DEAD, HGET KEY a, HSET KEY a b,
    SADD PARTITIONS x, SREM PARTITIONS STREAM, EVAL return 1 KEY, SCRIPT LOAD return, FUNCTION LOAD x,
    XTRIM TABLE MAXLEN 0, DEL TABLE, XACK TABLE-DEAD ledger 1-0, MEMORY USAGE TABLE, SADD PAUSE vote, DEL PAUSED`,
};

const refusedToAll = `FLUSHALL, FLUSHDB, KEYS *, SCAN 0, CONFIG GET *, ACL LIST, CLIENT LIST, client pause 1000,
  CLIENT KILL TYPE normal, MONITOR, SHUTDOWN, SCRIPT KILL, REPLICAOF NO ONE, CLUSTER RESET, DUMP STREAM, PUBLISH a b`;

for (const user of ['producer', 'consumer', 'operator'] as const) {
  test(`the ${user} is refused what its work does not need`, async (t) => {
    const { admin, allow, port, queue, votes } = await createRestrictedQueue(t);
    const { stream, deadLetters } = queue.partition;
    await allow(user);
    const keys: Readonly<Record<string, string>> = {
      ...{ STREAM: stream, DEAD: deadLetters, KEY: `${stream}:keys:0:1` },
      ...{ PAUSE: `${queue.name}:paused`, PARTITIONS: `${queue.name}:partitions` },
      ...{ TABLE: votes.stream, 'TABLE-DEAD': votes.deadLetters, PAUSED: `${queue.name}:paused-tables` },
      SHA: await admin.scriptLoad(addOnce.text),
    };
    await admin.xGroupCreate(stream, 'ledger', '0', { MKSTREAM: true });
    const client = await openAdmin(t, port, password, user);
    for (const words of `${refused[user]}, ${refusedToAll}`.split(/,\s+/)) {
      const command = words.split(' ').map((word) => keys[word] ?? word);
      // The arguments of EVAL: the script, the number of keys and the keys.
      if (words.startsWith('EVAL'))
        command.splice(2, 0, ...(words.startsWith('EVALSHA') ? [] : [String(command.length - 3)]));
      await assert.rejects(client.sendCommand(command), /NOPERM/, words);
    }
  });
}

test('a script gives the consumer and the operator no more rights', async (t) => {
  const { allow, port, queue } = await createRestrictedQueue(t);
  const { stream, deadLetters } = queue.partition;
  const commands: Readonly<Record<'consumer' | 'operator', readonly string[]>> = {
    consumer: [
      "'XADD', KEYS[1], '*', 'v', '1'",
      "'XDEL', KEYS[2], '1-0'",
      "'DEL', KEYS[1]",
      "'XTRIM', KEYS[1], 'MAXLEN', 0",
    ],
    operator: ["'DEL', KEYS[1]", "'DEL', KEYS[2]", "'XTRIM', KEYS[1], 'MAXLEN', 0", "'XACK', KEYS[2], 'ledger', '1-0'"],
  };
  for (const user of ['consumer', 'operator'] as const) {
    await allow(user);
    const client = await openAdmin(t, port, password, user);
    for (const command of commands[user]) {
      const evaluated = client.eval(`return redis.call(${command})`, { keys: [stream, deadLetters] });
      await assert.rejects(evaluated, /(NOPERM|ACL failure|can't run this command|can't access|permission)/, command);
    }
  }
});

test('a malicious producer loses waiting counts, and the steps of the runbook repair the queue', async (t) => {
  const restricted = await createRestrictedQueue(t);
  const { admin, allow, port, queue, start, address, environmentOf, untilRecorded } = restricted;
  const { stream, deadLetters } = queue.partition;
  await allow('producer');
  await allow('consumer');
  await start('producer', environmentOf('producer'));
  assert.equal((await post(address, '/count', { count: 1 })).status, 201);
  // No ACL can distinguish XADD with these options from XADD without them.
  const client = await openAdmin(t, port, password, 'producer');
  await client.sendCommand(['XADD', stream, 'MAXLEN', '0', '18446744073709551615-18446744073709551615', 'v', 'x']);
  assert.equal(await admin.xLen(stream), 0);
  assert.equal((await post(address, '/count', { count: 2 })).status, 503);
  await start('consumer', environmentOf('consumer'));
  await admin.del(stream);
  await waitUntil(async () => (await post(address, '/count', { count: 3 })).status === 201);
  await untilRecorded(1, 20_000);
  assert.equal(await admin.xLen(deadLetters), 0);
});

test('a missing right is detected', async (t) => {
  const restricted = await createRestrictedQueue(t);
  await restricted.allow('producer', ['xgroup|create']);
  await assert.rejects(runProducer(restricted));
  assert.ok((await restricted.readRefused()).includes('producer xgroup|create'));
});
