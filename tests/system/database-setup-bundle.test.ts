import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json, text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { bundleDatabaseSetup } from '@sluice/infra/bundle-database-setup.ts';
import { repository } from '@sluice/local/folder.ts';
import { inSession } from '@sluice/ledger/connection/session.ts';
import { createTestSchema } from '@sluice/test-servers/ledger.ts';
import { createSecretsManager } from '@sluice/test-servers/secrets-manager.ts';

// The bundle for Lambda, in a folder without the repository or node_modules.

const createFolder = (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bundle-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
};

/** Starts a server for CloudFormation's response URL. */
const createResponseUrl = async (t: TestContext) => {
  const answers: unknown[] = [];
  const server = createServer((request, response) => {
    json(request).then(
      (answer) => {
        answers.push(answer);
        response.end();
      },
      () => response.destroy(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return { url: `http://127.0.0.1:${address.port}/answer`, answers };
};

const invoke = async (folder: string, environment: NodeJS.ProcessEnv, event: object) => {
  const program = `
    import { handler } from './index.mjs';
    await handler(${JSON.stringify(event)}, { getRemainingTimeInMillis: () => 60_000 });
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { cwd: folder, env: environment });
  const [output, faults] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, output: output + faults };
};

const eventOf = (RequestType: string, ResponseURL: string, more: object = {}) => ({
  RequestType,
  ResponseURL,
  RequestId: 'request',
  ResourceType: 'Custom::DatabaseSetup',
  LogicalResourceId: 'Run',
  StackId: 'arn:aws:cloudformation:eu-central-1:111111111111:stack/sluice-test-foundation/1',
  ResourceProperties: {
    ServiceToken: 'arn:aws:lambda:…',
    ServiceTimeout: '660',
    Code: 'abc',
    Secrets: ['arn'],
    ...more,
  },
});

test('the bundle creates tables and users in a real database, imports a dump, and reports it', async (t) => {
  const folder = createFolder(t);
  const dumps = createFolder(t);
  writeFileSync(join(dumps, 'old.sql'), 'INSERT INTO `count` VALUES (1,10),(2,20);\n');
  bundleDatabaseSetup(folder, dumps);
  const { settings, login, query } = await createTestSchema(t);
  const manager = await createSecretsManager(t);
  const suffix = randomBytes(4).toString('hex');
  const put = (role: string) => manager.put(role, { username: `${role}_${suffix}`, password: 'p', engine: 'mysql' });
  t.after(() =>
    inSession(settings, async (session) => {
      for (const role of ['migrator', 'producer', 'consumer']) {
        await session.query("DROP USER IF EXISTS ?@'%'", [`${role}_${suffix}`]);
      }
    }),
  );
  const { url, answers } = await createResponseUrl(t);
  const environment = {
    ...manager.environment,
    DB_HOST: settings.host,
    DB_PORT: String(settings.port),
    DB_NAME: settings.database,
    DB_SECRET_ARN: manager.put('administrator', login),
    DB_MIGRATOR_SECRET_ARN: put('migrator'),
    DB_PRODUCER_SECRET_ARN: put('producer'),
    DB_CONSUMER_SECRET_ARN: put('consumer'),
  };
  const { code, output } = await invoke(folder, environment, eventOf('Create', url, { ImportFile: 'old.sql' }));
  assert.equal(code, 0, output);
  assert.match(JSON.stringify(answers), /"Status":"SUCCESS"/, output);
  const tables = await query('SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ?', [
    settings.database,
  ]);
  assert.deepEqual(tables.map(({ name }) => String(name)).toSorted(), [
    'begun_rules',
    'count',
    'identity',
    'imports',
    'inbox',
    'migrations',
    'table_totals',
    'totals',
  ]);
  assert.equal((await query('SELECT id FROM `count`')).length, 2);
  const users = await query('SELECT user FROM mysql.user WHERE user LIKE ?', [`%\\_${suffix}`]);
  assert.equal(users.length, 3);

  // With TLS, as in the template. An IP address is no valid TLS host name.
  const refused = await invoke(folder, { ...environment, DB_TLS: 'true' }, eventOf('Update', url));
  assert.equal(refused.code, 0, refused.output);
  assert.match(JSON.stringify(answers[1]), /"Status":"FAILED".*LEDGER_TLS_HOST/);
});

test('the bundle contains the migrations and the RDS authorities, and is reproducible', (t) => {
  const [one, other] = [createFolder(t), createFolder(t)];
  bundleDatabaseSetup(one);
  bundleDatabaseSetup(other);
  assert.deepEqual(readdirSync(one).toSorted(), ['index.mjs', 'migrations', 'tables']);
  assert.deepEqual(readdirSync(join(one, 'tables/migrations')), readdirSync(join(repository, 'tables/migrations')));
  assert.ok(readdirSync(join(one, 'migrations')).includes('001-count.sql'));
  const program = readFileSync(join(one, 'index.mjs'), 'utf8');
  assert.equal(program, readFileSync(join(other, 'index.mjs'), 'utf8'));
  assert.ok(program.split('BEGIN CERTIFICATE').length > 100);
  // Lambda loads the whole bundle at each cold start.
  assert.ok(statSync(join(one, 'index.mjs')).size < 6_000_000);
});
