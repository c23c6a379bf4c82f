import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { connectLedger } from '@sluice/ledger/connection/connection.ts';
import { readTotal } from '@sluice/ledger/read-total.ts';
import { recordBatches } from '@sluice/ledger/record.ts';
import { inSession } from '@sluice/ledger/connection/session.ts';
import { readConfig } from '@sluice/runtime/config/config.ts';
import { createLogger } from '@sluice/runtime/logging/logger.ts';
import { createLoginProvider } from '@sluice/runtime/secrets/secrets.ts';
import { createTestSchema } from '@sluice/test-servers/ledger.ts';
import { createSecretsManager, setEnvironment } from '@sluice/test-servers/secrets-manager.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { configSchema } from './config.ts';
import { setUp } from './set-up.ts';

const logger = createLogger('test', 'silent');

/** Creates an empty schema, and four users of the test whose logins are secrets. */
const prepare = async (t: TestContext) => {
  const { settings, login: root, query } = await createTestSchema(t);
  const manager = await createSecretsManager(t);
  setEnvironment(t, manager.environment);
  const suffix = randomBytes(4).toString('hex');
  const nameOf = (role: string) => `${role}_${suffix}`;
  const put = (role: string, password: string) => manager.put(role, { username: nameOf(role), password });
  t.after(() =>
    inSession(settings, async (session) => {
      for (const role of ['migrator', 'producer', 'consumer']) {
        await session.query("DROP USER IF EXISTS ?@'%'", [nameOf(role)]);
      }
    }),
  );
  const environment = {
    ...manager.environment,
    DB_HOST: settings.host,
    DB_PORT: String(settings.port),
    DB_NAME: settings.database,
    DB_SECRET_ARN: manager.put('administrator', root),
    DB_MIGRATOR_SECRET_ARN: put('migrator', 'm1'),
    DB_PRODUCER_SECRET_ARN: put('producer', 'p1'),
    DB_CONSUMER_SECRET_ARN: put('consumer', 'c1'),
  };
  const connectAs = (secretArn: string) => {
    const login = createLoginProvider({ secretArn, username: undefined, password: undefined });
    const ledger = connectLedger({ ...settings, login });
    t.after(ledger.close);
    return ledger;
  };
  return { settings, query, manager, environment, put, nameOf, connectAs };
};

const runMain = async (environment: NodeJS.ProcessEnv, ...words: string[]) => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...words], {
    env: { PATH: process.env['PATH'], ...environment },
  });
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, output, errors };
};

test('a running reader picks up a rotated password without a restart or a refused login', async (t) => {
  const { environment, put, connectAs, query, nameOf } = await prepare(t);
  const config = readConfig(configSchema, environment);
  await setUp(config, logger);
  const reader = connectAs(environment.DB_PRODUCER_SECRET_ARN);
  let reads = 0;
  let isOver = false;
  const failures: unknown[] = [];
  const keepReading = async () => {
    while (!isOver) {
      await readTotal(reader, 5_000).then(
        () => (reads += 1),
        (error: unknown) => failures.push(error),
      );
      await new Promise(setImmediate);
    }
  };
  const reading = keepReading();
  try {
    await waitUntil(() => reads > 0);
    for (const password of ['p2', "p'3\\"]) {
      put('producer', password);
      await setUp(config, logger);
      const before = reads;
      // Open connections stay open. The new login is needed when they end.
      const sessions = await query('SELECT id FROM information_schema.processlist WHERE user = ?', [
        nameOf('producer'),
      ]);
      for (const { id } of sessions) await query('KILL ?', [id]);
      await waitUntil(() => reads > before + 20);
    }
  } finally {
    isOver = true;
    await reading;
  }
  // Only a read in progress when its connection was killed may fail.
  for (const failure of failures)
    assert.ok(failure instanceof Error && !('errno' in failure && failure.errno === 1045), String(failure));
  assert.ok(failures.length <= 4, `${failures.length} reads failed`);
});

test('after a set-up with secrets each service works with its own, and a second run changes nothing', async (t) => {
  const { environment, connectAs } = await prepare(t);
  const config = readConfig(configSchema, environment);
  await setUp(config, logger);
  await setUp(config, logger);
  const batch = { batchId: 'ab'.repeat(16), list: '1,2', size: 2, isKeyed: false };
  const consumer = connectAs(environment.DB_CONSUMER_SECRET_ARN);
  assert.equal((await recordBatches(consumer, [batch], { shard: 0, inboxHours: 1, deadlineMs: 5_000 })).rows, 2);
  const producer = connectAs(environment.DB_PRODUCER_SECRET_ARN);
  assert.deepEqual(await readTotal(producer, 5_000), { rowsCount: 2, latestValue: 2 });
});

test('the commands set up, import once and report; an error exits with 1, an unknown command with 2', async (t) => {
  const { environment, query } = await prepare(t);
  assert.equal((await runMain(environment)).code, 0);
  const folder = await mkdtemp(join(tmpdir(), 'sluice-setup-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'dump.sql');
  await writeFile(file, 'INSERT INTO `count` VALUES (1,10),(2,20);\n');
  const first = await runMain(environment, 'import', file);
  assert.equal(first.code, 0, first.output);
  assert.equal(first.output, `${file}: 2 rows imported. The database has 2 rows.\n`);
  assert.equal(
    (await runMain(environment, 'import', file)).output,
    `${file} was already imported. Nothing changed. The database has 2 rows.\n`,
  );
  await writeFile(file, 'INSERT INTO `count` VALUES (2,30);\n');
  const duplicate = await runMain(environment, 'import', file);
  assert.equal(duplicate.code, 1);
  assert.equal(duplicate.output, '');
  assert.match(duplicate.errors, /dump\.sql: The id 2 of the INSERT on line 1 already exists .*--new-ids/);
  assert.equal((await runMain(environment, 'import', file, '--new-ids')).code, 0);
  assert.deepEqual(
    (await query('SELECT count_value AS value FROM `count` ORDER BY id')).map(({ value }) => value),
    [10, 20, 30],
  );
  assert.equal((await runMain(environment, 'import')).code, 2);
  const missing = await runMain(environment, 'import', join(folder, 'missing.sql'));
  assert.equal(missing.code, 1);
  assert.match(missing.errors, /missing\.sql: The file does not exist\n$/);
  await writeFile(file, 'CREATE TABLE count (id INT);\nINSERT INTO other VALUES (1);\n');
  assert.equal(
    (await runMain(environment, 'import', file)).output,
    `${file} has the table count without rows: 0 rows imported. The database has 3 rows.\nSkipped tables (only count is imported): other\n`,
  );
  await writeFile(file, 'INSERT INTO count VALUES (1, NULL);\n');
  assert.match((await runMain({ ...environment, DB_PORT: '1' }, 'import', file)).errors, /count_value is NULL/);
  await writeFile(file, 'INSERT INTO count VALUES (9, 9);\n');
  assert.match(
    (await runMain({ ...environment, DB_PORT: '1' }, 'import', file)).errors,
    /MySQL on \S+:1 is unavailable \(ECONNREFUSED\)\. Start it with npm start/,
  );
});

test('either all users are configured or none, and each in one way', () => {
  const environment = { DB_USER: 'root', DB_PASSWORD: 'p', DB_MIGRATOR_PASSWORD: 'm', DB_MIGRATOR_SECRET_ARN: 'arn' };
  assert.throws(
    () => readConfig(configSchema, environment),
    (error: Error) => {
      assert.match(error.message, /DB_MIGRATOR_PASSWORD: must not be set together with DB_MIGRATOR_SECRET_ARN/);
      assert.match(error.message, /DB_PRODUCER_PASSWORD: must be set, or DB_PRODUCER_SECRET_ARN/);
      assert.match(error.message, /DB_CONSUMER_PASSWORD: must be set/);
      return true;
    },
  );
  assert.equal(readConfig(configSchema, { DB_USER: 'root', DB_PASSWORD: 'p' }).DB_MIGRATOR_PASSWORD, undefined);
});
