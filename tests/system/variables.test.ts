import assert from 'node:assert/strict';
import { after, test, type TestContext } from 'node:test';
import { configSchema as consumerSchema } from '@sluice/consumer/config.ts';
import { configSchema as setUpSchema } from '@sluice/database-setup/config.ts';
import { configSchema as producerSchema } from '@sluice/producer/config.ts';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import { startCluster } from '@sluice/test-servers/cluster.ts';
import { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { createProxy } from '@sluice/test-servers/proxy/proxy.ts';
import { openAdmin } from '@sluice/test-servers/queue.ts';
import { tablesFile } from '@sluice/test-servers/tables.ts';
import { createSecretsManager } from '@sluice/test-servers/secrets-manager.ts';
import { startMysqlWithTls, startRedisWithTls } from '@sluice/test-servers/tls.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';

// Tests the effect of every variable of the services. The last test fails if a variable is missing
// from this file.

const schemas = [producerSchema, consumerSchema, setUpSchema] as const;

type Variable = keyof typeof producerSchema.shape | keyof typeof consumerSchema.shape | keyof typeof setUpSchema.shape;

const seen = new Set<string>();

const variables = (names: readonly Variable[], says: string, run: (test: TestContext) => Promise<void>): void => {
  void test(`${names.join(', ')}: ${says}`, async (t) => {
    await run(t);
    for (const name of names) seen.add(name);
  });
};

const postTo = (address: string, headers: Record<string, string> = {}) =>
  fetch(`${address}/count`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: '{"count":1}',
  });

type Admin = Awaited<ReturnType<typeof openAdmin>>;

/** Lists the user of each connection to a Redis. */
const usersOf = async (admin: Pick<Admin, 'clientList'>) => (await admin.clientList()).map(({ user }) => user);

const jsonOf = async (response: Response) => (await response.json()) as Record<string, unknown>;
const readJson = async (url: string) => jsonOf(await fetch(url));

variables(
  [
    'HTTP_PORT',
    'REDIS_HOST',
    'REDIS_PORT',
    'REDIS_PASSWORD',
    'REDIS_QUEUE',
    'DB_HOST',
    'DB_PORT',
    'DB_USER',
    'DB_PASSWORD',
    'DB_NAME',
  ],
  'say where to listen and where the servers are',
  async (t) => {
    const { start, post, queue, ledger, environment } = await createPipeline(t);
    const redis = await createProxy(t, Number(environment['REDIS_PORT']));
    const mysql = await createProxy(t, Number(environment['DB_PORT']));
    await start('producer', { REDIS_PORT: String(redis.port), DB_PORT: String(mysql.port) });
    await post(1);
    assert.equal(await queue.admin.xLen(queue.partition.stream), 1);
    const total = await fetch(`http://127.0.0.1:${environment['HTTP_PORT']}/count`);
    assert.equal(total.status, 200);
    assert.ok(redis.connections() > 0 && mysql.connections() > 0);
    assert.deepEqual(await ledger.readCounts(), []);
  },
);

variables(['CLIENT_ADDRESS_HEADER'], 'names the header that identifies clients', async (t) => {
  const { start, address } = await createPipeline(t);
  await start('producer', { CLIENT_ADDRESS_HEADER: 'X-Client' });
  const listenAs = async (client: string) => {
    const stopping = new AbortController();
    t.after(() => stopping.abort());
    const { status } = await fetch(`${address}/events`, { headers: { 'x-client': client }, signal: stopping.signal });
    return status;
  };
  for (let listeners = 0; listeners < 500; listeners += 1) assert.equal(await listenAs('192.0.2.1'), 200);
  assert.equal(await listenAs('192.0.2.1'), 503);
  assert.equal(await listenAs('192.0.2.2'), 200);
});

variables(['CORS_ORIGIN'], 'lists the origins whose pages can read the answers', async (t) => {
  const { start, address } = await createPipeline(t);
  await start('producer', { CORS_ORIGIN: 'https://example.com, https://example.org' });
  const { headers } = await fetch(`${address}/health`, { headers: { origin: 'https://example.org' } });
  assert.equal(headers.get('access-control-allow-origin'), 'https://example.org');
});

variables(['HTTP_ADDRESS', 'HTTP_ALLOWED_HOSTS'], 'set the address and the hosts to serve', async (t) => {
  const { start, environment } = await createPipeline(t);
  const statusAt = (host: string) => fetch(`http://${host}:${environment['HTTP_PORT']}/`).then(({ status }) => status);
  const everywhere = await start('producer', { HTTP_ALLOWED_HOSTS: 'example.org, 127.0.0.1' });
  assert.deepEqual([await statusAt('127.0.0.1'), await statusAt('127.0.0.2')], [200, 421]);
  await everywhere.end('SIGTERM');
  const metricsPort = await findFreePort();
  await start('producer', { HTTP_ADDRESS: '127.0.0.1', METRICS_PORT: String(metricsPort) });
  assert.equal(await statusAt('127.0.0.1'), 200);
  await assert.rejects(statusAt('127.0.0.2'));
  assert.equal((await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).status, 200);
  await assert.rejects(fetch(`http://127.0.0.2:${metricsPort}/metrics`));
});

variables(['API_TOKENS'], 'makes POSTs require one of them', async (t) => {
  const { start, address } = await createPipeline(t);
  const [one, two] = ['1'.repeat(32), '2'.repeat(32)];
  const { lines } = await start('producer', { API_TOKENS: `${one}, ${two}` });
  assert.equal((await postTo(address)).status, 401);
  assert.equal((await postTo(address, { authorization: `Bearer ${one}3` })).status, 401);
  assert.equal((await postTo(address, { authorization: `Bearer ${two}` })).status, 201);
  assert.equal((await fetch(`${address}/count`)).status, 200);
  assert.ok(!lines.some((line) => line.includes('the API is open')));
});

test('a producer without tokens logs once that it is open', async (t) => {
  const { start } = await createPipeline(t);
  const { lines } = await start('producer');
  const said = lines.filter((line) => line.includes('the API is open')).map((line): unknown => JSON.parse(line));
  assert.partialDeepStrictEqual(said, [{ level: 'warn' }]);
});

test('a producer with an empty API_TOKENS does not start', async (t) => {
  const { command } = await createPipeline(t);
  const { code, output } = await command('producer', [], { API_TOKENS: '' });
  assert.equal(code, 1);
  assert.match(output, /API_TOKENS: must not be empty; unset it to leave the API open/);
});

variables(['IDEMPOTENCY_MAX_KEYS'], 'limits the number of keys, and requests without one still work', async (t) => {
  const { start, address, post } = await createPipeline(t);
  await start('producer', { IDEMPOTENCY_MAX_KEYS: '4' });
  const statuses = [];
  for (const key of ['a', 'b', 'c', 'a']) {
    const answer = await postTo(address, { 'idempotency-key': key });
    statuses.push([answer.status, (await jsonOf(answer))['code']]);
  }
  // The quota of a single client is half of the keys.
  const quota = [429, 'idempotency_quota_exceeded'];
  assert.deepEqual(statuses, [[201, undefined], [201, undefined], quota, [201, undefined]]);
  await post(1);
});

variables(['API_TOKENS_FOR'], 'makes reads require a token too', async (t) => {
  const { start, address } = await createPipeline(t);
  const token = '1'.repeat(32);
  await start('producer', { API_TOKENS: token, API_TOKENS_FOR: 'all' });
  for (const path of ['/count', '/counts', '/queue', '/events', '/count?limit=1']) {
    for (const method of ['GET', 'HEAD'])
      assert.equal((await fetch(address + path, { method })).status, 401, `${method} ${path}`);
  }
  const headers = { authorization: `Bearer ${token}` };
  assert.equal((await fetch(`${address}/count`, { headers })).status, 200);
  for (const path of ['/', '/health', '/ready', '/openapi.json', '/docs'])
    assert.equal((await fetch(address + path)).status, 200, path);
});

variables(
  ['API_TOKENS_SECRET_ARN', 'DB_SECRET_ARN', 'REDIS_SECRET_ARN'],
  'are read from Secrets Manager',
  async (t) => {
    const { start, address, untilRecorded, environment } = await createPipeline(t);
    const secrets = await createSecretsManager(t);
    const login = (username: string, password: string | undefined) => ({ username, password });
    const logins = {
      ...secrets.environment,
      DB_USER: '',
      DB_PASSWORD: '',
      REDIS_PASSWORD: '',
      DB_SECRET_ARN: secrets.put('db', login(String(environment['DB_USER']), environment['DB_PASSWORD'])),
      REDIS_SECRET_ARN: secrets.put('redis', login('default', environment['REDIS_PASSWORD'])),
    };
    await start('producer', { ...logins, API_TOKENS_SECRET_ARN: secrets.put('tokens', ['1'.repeat(32)]) });
    await start('consumer', logins);
    assert.equal((await postTo(address)).status, 401);
    assert.equal((await postTo(address, { authorization: `Bearer ${'1'.repeat(32)}` })).status, 201);
    await untilRecorded(1);
    assert.equal((await fetch(`${address}/count`)).status, 200);
  },
);

variables(['REDIS_USERNAME'], 'is the user that logs in', async (t) => {
  const { start, post, queue } = await createPipeline(t);
  await queue.admin.aclSetUser(queue.name, ['on', '>secret', '~*', '+@all']);
  await start('producer', { REDIS_USERNAME: queue.name, REDIS_PASSWORD: 'secret' });
  await post(1);
  const users = await usersOf(queue.admin);
  await queue.admin.aclDelUser(queue.name);
  assert.ok(users.includes(queue.name));
});

variables(['REDIS_CLUSTER', 'QUEUE_PARTITIONS'], 'spread the queue over the shards of a cluster', async (t) => {
  const cluster = await startCluster(t);
  const pipeline = await createPipeline(t);
  const own = {
    REDIS_HOST: '127.0.0.1',
    REDIS_PORT: String(cluster.settings.port),
    REDIS_PASSWORD: '',
    REDIS_CLUSTER: 'true',
    QUEUE_PARTITIONS: '3',
  };
  await pipeline.start('producer', own);
  for (let count = 0; count < 30; count++) await pipeline.post(count);
  const streams = await Promise.all(
    cluster.masters.map(async ({ admin }) => (await admin.keys(`*${pipeline.queue.name}:?*}`)).length),
  );
  assert.deepEqual(streams, [1, 1, 1]);
  await pipeline.start('consumer', own);
  await pipeline.untilRecorded(30);
});

variables(['REDIS_TLS', 'REDIS_IAM_CACHE', 'AWS_REGION'], 'log in to a Redis with TLS by a token', async (t) => {
  const redis = await startRedisWithTls(t);
  const admin = await openAdmin(t, redis.port);
  // This Redis cannot verify the token, so it accepts any. redis-iam-token.test.ts checks the token
  // itself.
  await admin.aclSetUser('sluice', ['on', 'nopass', '~*', '+@all']);
  const { start, post } = await createPipeline(t);
  await start('producer', {
    REDIS_HOST: '127.0.0.1',
    REDIS_PORT: String(redis.tlsPort),
    REDIS_TLS: 'true',
    REDIS_PASSWORD: '',
    REDIS_USERNAME: 'sluice',
    REDIS_IAM_CACHE: 'cache',
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'not-a-key',
    NODE_EXTRA_CA_CERTS: redis.caFile,
  });
  await post(1);
  assert.ok((await usersOf(admin)).includes('sluice'));
});

variables(['DB_TLS'], 'connects to MySQL with TLS, and checks its certificate', async (t) => {
  const mysql = await startMysqlWithTls(t, 'localhost');
  const { start, address } = await createPipeline(t);
  const own = {
    DB_HOST: 'localhost',
    DB_PORT: String(mysql.port),
    DB_TLS: 'true',
    DB_NAME: 'mysql',
    DB_USER: mysql.login.username,
    DB_PASSWORD: mysql.login.password,
  };
  const trusting = await start('producer', { ...own, NODE_EXTRA_CA_CERTS: mysql.caFile });
  await waitUntil(async () => (await readJson(`${address}/ready`))['ledger'] === 'up');
  await trusting.end('SIGTERM');
  await start('producer', own);
  assert.equal((await readJson(`${address}/ready`))['ledger'], 'down');
});

variables(['QUEUE_ACK_REPLICAS'], 'refuses counts that too few replicas hold', async (t) => {
  const { start, address } = await createPipeline(t);
  await start('producer', { QUEUE_ACK_REPLICAS: '1' });
  const response = await postTo(address);
  assert.equal(response.status, 503);
  assert.equal((await jsonOf(response))['code'], 'queue_unavailable');
});

variables(['QUEUE_MAX_BATCHES'], 'refuses counts while that many batches wait', async (t) => {
  const { start, post, address, untilRecorded } = await createPipeline(t);
  await start('producer', { QUEUE_MAX_BATCHES: '3' });
  for (let count = 0; count < 3; count++) await post(count);
  const refused = await postTo(address);
  assert.equal(refused.status, 503);
  assert.equal((await jsonOf(refused))['code'], 'queue_full');
  await start('consumer');
  await untilRecorded(3);
  await waitUntil(async () => (await postTo(address)).status === 201);
});

variables(
  ['TABLES_FILE', 'QUEUE_MAX_BYTES'],
  'declare other tables, and refuse rows while so many bytes of a table wait',
  async (t) => {
    const { start, address, ledger, command } = await createPipeline(t);
    const own = { TABLES_FILE: tablesFile, QUEUE_MAX_BYTES: '500000' };
    assert.equal((await command('database-setup', [], own)).code, 0);
    await start('producer', own);
    const postVotes = () =>
      fetch(`${address}/tables/vote/rows`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(Array.from({ length: 10_000 }, (_, weight) => ({ choice: 'a choice', weight }))),
      });
    let accepted = 0;
    let answer = await postVotes();
    for (; answer.status === 201 && accepted < 100; answer = await postVotes()) accepted += 1;
    assert.equal(answer.status, 503);
    assert.equal((await jsonOf(answer))['code'], 'queue_full');
    assert.ok(accepted > 0);
    await start('consumer', own);
    const countVotes = async () => (await ledger.query('SELECT COUNT(*) AS votes FROM vote'))[0]?.['votes'];
    await waitUntil(async () => Number(await countVotes()) === accepted * 10_000);
    await waitUntil(async () => (await postVotes()).status === 201);
  },
);

variables(
  ['METRICS', 'METRICS_NAMESPACE', 'METRICS_PORT'],
  'publish for Prometheus on a port of their own, or as log lines',
  async (t) => {
    const { start, post, untilRecorded } = await createPipeline(t);
    const port = await findFreePort();
    await start('producer', { METRICS_PORT: String(port) });
    const consumer = await start('consumer', { METRICS: 'emf', METRICS_NAMESPACE: 'Sluice/dev' });
    for (let count = 0; count < 5; count++) await post(count);
    await untilRecorded(5);
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    assert.match(text, /^sluice_accepted_total\{service="producer"\} 5$/m);
    assert.match(text, /^sluice_acknowledge_seconds_count\{service="producer"\} 5$/m);
    assert.equal((await fetch(`http://127.0.0.1:${port}/other`)).status, 404);
    // The consumer writes the remaining metrics when it stops.
    await consumer.end('SIGTERM');
    const line = consumer.lines.find(
      (text_) => text_.includes('"_aws"') && text_.includes('"sluice_recorded_total":5'),
    );
    assert.ok(line !== undefined, consumer.lines.join('\n'));
    assert.match(line, /"Namespace":"Sluice\/dev"/);
  },
);

variables(['LOG_LEVEL'], 'is the minimum log level', async (t) => {
  const { start, address } = await createPipeline(t);
  const quiet = await start('producer', { LOG_LEVEL: 'info' });
  await fetch(`${address}/health`);
  assert.ok(quiet.lines.every((line) => !line.includes('"level":"debug"')));
  assert.ok(quiet.lines.some((line) => line.includes('"level":"info"')));
});

variables(['INBOX_HOURS'], 'is the retention of batch ids', async (t) => {
  const { start, post, untilRecorded, ledger } = await createPipeline(t);
  await start('producer');
  await start('consumer', { INBOX_HOURS: '7' });
  await post(1);
  await untilRecorded(1);
  const [row] = await ledger.query('SELECT TIMESTAMPDIFF(MINUTE, NOW(), expires_at) AS minutes FROM inbox');
  assert.ok(Number(row?.['minutes']) >= 415 && Number(row?.['minutes']) <= 420);
});

variables(['WATCHDOG_MS'], 'is the watchdog timeout', async (t) => {
  const { start, environment, post, untilRecorded } = await createPipeline(t);
  const proxy = await createProxy(t, Number(environment['DB_PORT']));
  await start('producer');
  const consumer = await start('consumer', { DB_PORT: String(proxy.port), WATCHDOG_MS: '3000' });
  await post(1);
  await untilRecorded(1);
  // A transaction without an answer is one attempt that lasts longer than this watchdog's timeout.
  proxy.swallowReplies(true);
  await post(2);
  await waitUntil(consumer.hasEnded);
  assert.ok(consumer.lines.some((line) => line.includes('watchdog timeout')));
});

variables(
  ['DB_MIGRATOR_PASSWORD', 'DB_PRODUCER_PASSWORD', 'DB_CONSUMER_PASSWORD'],
  'make the users with the least rights, as whom the services then work',
  async (t) => {
    const { start, post, command, untilRecorded, environment } = await createPipeline(t);
    const passwords = { DB_MIGRATOR_PASSWORD: 'one', DB_PRODUCER_PASSWORD: 'two', DB_CONSUMER_PASSWORD: 'three' };
    const { code, output } = await command('database-setup', [], passwords);
    assert.equal(code, 0, output);
    await start('producer', { DB_USER: 'producer', DB_PASSWORD: 'two' });
    await start('consumer', { DB_USER: 'consumer', DB_PASSWORD: 'three' });
    await post(1);
    await untilRecorded(1);
    assert.equal((await fetch(`http://127.0.0.1:${environment['HTTP_PORT']}/count`)).status, 200);
  },
);

variables(
  ['DB_MIGRATOR_SECRET_ARN', 'DB_PRODUCER_SECRET_ARN', 'DB_CONSUMER_SECRET_ARN'],
  'give the same users the names and passwords of secrets',
  async (t) => {
    const { start, command, address, ledger } = await createPipeline(t);
    const secrets = await createSecretsManager(t);
    const names = ['m', 'p', 'c'].map((role) => `${role}_${ledger.settings.database}`);
    const [migrator = '', producer = '', consumer = ''] = names.map((username) =>
      secrets.put(username, { username, password: `${username}!` }),
    );
    const own = {
      ...secrets.environment,
      DB_MIGRATOR_SECRET_ARN: migrator,
      DB_PRODUCER_SECRET_ARN: producer,
      DB_CONSUMER_SECRET_ARN: consumer,
    };
    const { code, output } = await command('database-setup', [], own);
    assert.equal(code, 0, output);
    await start('producer', { ...secrets.environment, DB_USER: '', DB_PASSWORD: '', DB_SECRET_ARN: producer });
    assert.equal((await fetch(`${address}/count`)).status, 200);
    for (const name of names) await ledger.query('DROP USER ?', [name]);
  },
);

after(() => {
  const all = schemas.flatMap((schema) => Object.keys(schema.shape));
  const unseen = [...new Set(all)].filter((name) => !seen.has(name));
  assert.deepEqual(unseen, [], 'variables that no test has seen to do what they say');
});
