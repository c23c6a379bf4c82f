import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { converse } from '@sluice/local/converse.ts';
import { findServers } from '@sluice/local/servers/find-servers.ts';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import { privateServers } from '@sluice/local/servers/private-servers.ts';
import { redisPart } from '@sluice/local/servers/redis.ts';
import { createSupervisor, spawnPart } from '@sluice/local/processes/supervise.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { createClient } from '@redis/client';
import { createConnection } from 'mysql2/promise';

// The servers as `npm start` runs them: what a client with their password can do to the machine.

const startServers = async (t: TestContext, environment: Readonly<Record<string, string>>) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-private-'));
  const supervisor = createSupervisor({ onLine: () => undefined, onDeath: () => undefined, onChange: () => undefined });
  t.after(() => rmSync(folder, { recursive: true }));
  t.after(supervisor.stop);
  const { parts, environment: found } = await privateServers(folder, environment, () => undefined);
  await Promise.all(parts.map(supervisor.start));
  return { folder, found };
};

const given = '127.0.0.1';

test('no statement can read or write a file of the machine, not even as administrator', async (t) => {
  const { folder, found } = await startServers(t, { REDIS_HOST: given });
  const login = { host: '127.0.0.1', port: Number(found['DB_PORT']), password: String(found['DB_PASSWORD']) };
  const written = join(tmpdir(), `sluice-outfile-${process.pid}`);
  const refusals = {
    sluice: /ER_ACCESS_DENIED|ER_SPECIFIC_ACCESS|ER_OPTION_PREVENTS/,
    root: /ER_OPTION_PREVENTS_STATEMENT/,
  };
  for (const [user, code] of Object.entries(refusals)) {
    const connection = await createConnection({
      ...login,
      user,
      // This client would send any file that the server requests.
      infileStreamFactory: () => assert.fail('The server asked for a file'),
      flags: ['+LOCAL_FILES'],
    });
    t.after(() => connection.end());
    await connection.query('CREATE DATABASE IF NOT EXISTS `count`');
    await connection.query('CREATE TABLE IF NOT EXISTS `count`.`files` (line TEXT)');
    for (const path of [written, join(folder, 'password.new'), join(folder, 'mysql/data/x'), 'x']) {
      for (const into of ['OUTFILE', 'DUMPFILE'])
        await assert.rejects(
          connection.query(`SELECT 'x' INTO ${into} ?`, [path]),
          { code },
          `${user} ${into} ${path}`,
        );
    }
    for (const path of ['/etc/passwd', join(folder, 'password')]) {
      await assert.rejects(connection.query('LOAD DATA INFILE ? INTO TABLE `count`.`files`', [path]), { code });
      await assert.rejects(connection.query('LOAD DATA LOCAL INFILE ? INTO TABLE `count`.`files`', [path]));
      const [rows] = await connection.query('SELECT LOAD_FILE(?) AS text', [path]);
      assert.deepEqual(rows, [{ text: null }], `${user} ${path}`);
    }
  }
  assert.ok(!existsSync(written) && !existsSync(join(folder, 'password.new')));
});

test('the queue has the memory limit REDIS_MAXMEMORY, and evicts nothing when it is full', async (t) => {
  for (const [limit, bytes] of [
    [undefined, 512 * 1_048_576],
    ['5mb', 5 * 1_048_576],
  ] as const) {
    const { found } = await startServers(t, {
      DB_HOST: given,
      ...(limit === undefined ? {} : { REDIS_MAXMEMORY: limit }),
    });
    const socket = { host: '127.0.0.1', port: Number(found['REDIS_PORT']) };
    const client = createClient({ socket, password: String(found['REDIS_PASSWORD']) });
    client.on('error', () => undefined);
    await client.connect();
    t.after(() => client.destroy());
    const settings = await client.configGet('maxmemory*');
    assert.deepEqual([settings['maxmemory'], settings['maxmemory-policy']], [String(bytes), 'noeviction']);
    if (limit === undefined) continue;
    const fill = async () => {
      for (let index = 0; index < 100; index += 1) await client.set(`key-${index}`, 'x'.repeat(100_000));
    };
    await assert.rejects(fill(), /OOM/);
    assert.ok((await client.get('key-0'))?.length === 100_000);
  }
});

test('data that the other product made is refused by name and stays as it is', async (t) => {
  const messages = await Promise.all(
    ['mysql.ibd', 'aria_log_control'].map(async (file) => {
      const folder = mkdtempSync(join(tmpdir(), 'sluice-private-'));
      t.after(() => rmSync(folder, { recursive: true }));
      mkdirSync(join(folder, 'mysql/data'), { recursive: true });
      writeFileSync(join(folder, 'mysql/data', file), 'made before');
      const attempt = privateServers(folder, { REDIS_HOST: given }, () => undefined);
      const message = await attempt.then(() => 'accepted', String);
      assert.deepEqual(readdirSync(join(folder, 'mysql/data')), [file]);
      return message;
    }),
  );
  assert.equal(messages.filter((message) => message === 'accepted').length, 1, messages.join('\n'));
  assert.match(messages.join('\n'), /(MySQL|MariaDB) made the data in .* cannot read it\. Set MYSQL_PROGRAM to a \1/);
});

test('a foreign Redis is not used: one without a password, or one that acknowledges before fsync', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-private-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const password = 'not-a-secret';
  for (const settings of ['appendonly yes\nappendfsync always', `requirepass ${password}\nappendonly no`]) {
    const port = await findFreePort();
    const { redis: runner } = findServers({ redis: true, mysql: false }, () => undefined);
    assert.ok(runner !== undefined && 'program' in runner);
    const part = redisPart({ runner, folder, port, password });
    const stranger = spawnPart({ ...part, input: `port ${port}\nsave ""\n${settings}\n` }, 'ignore');
    const ended = once(stranger, 'exit');
    t.after(() => stranger.kill('SIGKILL') && ended);
    await waitUntil(async () => (await converse(port, 'QUIT\r\n').catch(() => '')).includes('+OK'));
    await assert.rejects(part.checkReady([]), /is not the one that was started/);
  }
});
