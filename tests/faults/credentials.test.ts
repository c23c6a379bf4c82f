import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { createSecretsManager } from '@sluice/test-servers/secrets-manager.ts';
import { assertBalance } from './balance.ts';
import { startLoad } from './load.ts';

test('passwords rotated under load are fetched again, and nothing is lost or recorded twice', async (t) => {
  const pipeline = await createPipeline(t);
  const { queue, ledger, start, address } = pipeline;
  const secrets = await createSecretsManager(t);
  const username = ledger.settings.database;
  const account = `'${username}'@'127.0.0.1'`;
  await ledger.query(`CREATE USER ${account} IDENTIFIED BY 'first'`);
  await ledger.query(`GRANT ALL ON ${ledger.settings.database}.* TO ${account}`);

  /** Changes both passwords and closes the connections that used the old ones. */
  const rotate = async (password: string) => {
    const login = { username, password };
    const arns = {
      REDIS_SECRET_ARN: secrets.put(`redis-${username}`, login),
      DB_SECRET_ARN: secrets.put(`database-${username}`, login),
    };
    await queue.admin.aclSetUser(username, ['on', 'resetpass', `>${password}`, '~*', '&*', '+@all']);
    await ledger.query(`ALTER USER ${account} IDENTIFIED BY '${password}'`);
    await queue.admin.sendCommand(['CLIENT', 'KILL', 'USER', username]);
    const sessions = await ledger.query('SELECT id FROM information_schema.processlist WHERE user = ?', [username]);
    for (const { id } of sessions) await ledger.query(`KILL ${Number(id)}`).catch(() => undefined);
    return arns;
  };

  const own = {
    ...secrets.environment,
    ...(await rotate('second')),
    ...{ DB_USER: '', DB_PASSWORD: '', REDIS_PASSWORD: '' },
  };
  await start('producer', own);
  const consumer = await start('consumer', own);
  const load = startLoad(t, [address]);
  const times = 3;
  for (let rotation = 0; rotation < times; rotation++) {
    await load.more();
    await rotate(`password ${rotation}`);
  }
  await load.more();
  await load.stop();
  await assertBalance(pipeline, load, 30_000);
  assert.equal(consumer.hasEnded(), false);
  await ledger.query(`DROP USER ${account}`);
  await queue.admin.aclDelUser(username);
});
