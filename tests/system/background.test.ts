import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { repository } from '@sluice/local/folder.ts';
import { readNotes } from '@sluice/local/processes/leftovers.ts';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import { isRunning } from '@sluice/local/processes/processes.ts';
import { startRedis } from '@sluice/test-servers/queue.ts';
import { createFolder, ownEnvironment, start } from '@sluice/test-servers/npm-start.ts';

const run = (folder: string, tool: string, ...args: readonly string[]) =>
  spawnSync(process.execPath, [join(repository, 'tools/local', tool), ...args], {
    encoding: 'utf8',
    env: { ...ownEnvironment(), SLUICE_DIR: folder },
  });

const stop = (folder: string) => run(folder, 'stop.ts');

test('npm start -- --detach runs in the background with its output in a file, until npm stop', async (t) => {
  const folder = createFolder(t);
  const port = await findFreePort();
  t.after(() => stop(folder));
  const sluice = start(t, folder, { HTTP_PORT: String(port) }, { args: ['--detach'] });
  const [code] = await sluice.ended;
  assert.equal(code, 0, sluice.output());
  const toStop = `SLUICE_DIR=${folder} npm stop`;
  assert.match(
    sluice.output().replaceAll(toStop, 'TO STOP'),
    /Try it[^]*To stop everything: TO STOP\n[^]*in the background \(pid \d+\)\.\nTo stop it: +TO STOP\n.*tail -f \S+\n/,
  );
  assert.equal((await fetch(`http://127.0.0.1:${port}/ready`)).status, 200);
  // The reader of its output ends before there is any, as `head` may.
  const unread = `'${process.execPath}' tools/local/operate.ts consumer/operator consumers status | true`;
  const env = { ...ownEnvironment(), SLUICE_DIR: folder };
  const status = spawnSync('sh', ['-c', unread], { cwd: repository, encoding: 'utf8', env });
  assert.equal(status.stderr, '');
  const processes = readNotes(folder);
  assert.ok(processes.length >= 6 && processes.every(isRunning));
  assert.match(readFileSync(join(folder, 'logs/sluice.log'), 'utf8'), /Try it/);

  const again = start(t, folder, { HTTP_PORT: String(await findFreePort()) }, { args: ['--detach'] });
  assert.deepEqual((await again.ended)[0], 1);
  assert.match(again.output(), /already runs on/);
  assert.ok(again.output().includes(`Stop it with ${toStop},`), again.output());

  const stopped = stop(folder);
  assert.deepEqual([stopped.status, stopped.stdout, stopped.stderr], [0, 'Sluice has stopped.\n', '']);
  assert.deepEqual(processes.filter(isRunning), []);
  assert.match(stop(folder).stdout, /No Sluice runs on/);
});

test('npm stop stops a Sluice in another terminal, and a failed start in the background reports the reason', async (t) => {
  const folder = createFolder(t);
  const sluice = start(t, folder, { HTTP_PORT: String(await findFreePort()) });
  await sluice.untilUp();
  assert.equal(stop(folder).status, 0);
  assert.equal((await sluice.ended)[0], 0);

  const failing = start(t, folder, { PRODUCERS: 'many' }, { args: ['--detach'] });
  assert.equal((await failing.ended)[0], 1);
  assert.match(failing.output(), /PRODUCERS must be an integer/);
  const misspelt = start(t, folder, {}, { args: ['--background'] });
  assert.equal((await misspelt.ended)[0], 2);
  assert.match(misspelt.output(), /'--background'.*\nnpm start takes --dev and --detach/);
});

test('npm start works with a Redis that evicts, and the operator’s commands find the configured queue', async (t) => {
  const redis = await startRedis(t, ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru']);
  const folder = createFolder(t);
  const port = await findFreePort();
  const own = { REDIS_HOST: '127.0.0.1', REDIS_PORT: String(redis.port), REDIS_QUEUE: 'other' };
  const sluice = start(t, folder, { HTTP_PORT: String(port), ...own });
  await sluice.untilUp();
  assert.match(sluice.output(), /ERROR: a server does not meet the requirements[^]*maxmemory-policy noeviction/);
  const refused = await fetch(`http://127.0.0.1:${port}/ready`);
  assert.equal(refused.status, 503);
  assert.match(await refused.text(), /"queue":"unsafe"/);

  const status = run(folder, 'operate.ts', 'consumer/operator', 'consumers', 'status');
  assert.equal(status.status, 1);
  assert.match(status.stderr, /refused .*maxmemory-policy allkeys-lru/);
  assert.match(readFileSync(join(folder, 'environment.json'), 'utf8'), /"REDIS_QUEUE": "other"/);

  assert.equal(stop(folder).status, 0);
  await sluice.ended;
  const without = run(folder, 'operate.ts', 'consumer/operator', 'consumers', 'status');
  assert.deepEqual([without.status, without.stdout], [1, '']);
  assert.match(without.stderr, /^No Sluice runs in [^\n]*\n$/);
});
