import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { readNotes } from '@sluice/local/processes/leftovers.ts';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import { isRunning } from '@sluice/local/processes/processes.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { createFolder, start } from '@sluice/test-servers/npm-start.ts';

// Like containers: process ids begin with 1 in each, and none sees the processes of another.
const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
const container = ['unshare', ...user, '--pid', '--fork', '--kill-child', '--mount-proc'];

test('a container that gets the same process id again starts on its previous folder', async (t) => {
  const folder = createFolder(t);
  for (const attempt of [1, 2]) {
    const sluice = start(t, folder, { HTTP_PORT: String(await findFreePort()) }, { through: container });
    await sluice.untilUp();
    const [main] = readNotes(folder);
    assert.equal(main?.pid, 1, `attempt ${attempt}`);
    sluice.child.kill('SIGKILL');
    await sluice.ended;
  }
});

test('the second of two containers on one folder is refused with the place of the first', async (t) => {
  const folder = createFolder(t);
  const first = start(t, folder, { HTTP_PORT: String(await findFreePort()) }, { through: container });
  await first.untilUp();
  const second = start(t, folder, { HTTP_PORT: String(await findFreePort()) }, { through: container });
  const [code] = await second.ended;
  assert.equal(code, 1);
  assert.match(second.output(), /already runs on .*another container.*host \S+, pid 1 there/);
  assert.equal(first.child.exitCode, null);
});

test('the first of several concurrent starts gets the folder', async (t) => {
  const folder = createFolder(t);
  const ports = await Promise.all([1, 2, 3].map(findFreePort));
  const starts = ports.map((port) => start(t, folder, { HTTP_PORT: String(port) }));
  const refused = () => starts.filter(({ child }) => child.exitCode === 1);
  const up = () => starts.filter(({ output }) => output().includes('Try it'));
  await waitUntil(() => refused().length === 2 && up().length === 1);
  for (const { output } of refused()) assert.match(output(), /already runs on/);
});

test('a note of another boot, or a reused process id, ends no process', async (t) => {
  const folder = createFolder(t);
  const bystander = start(t, createFolder(t), { HTTP_PORT: String(await findFreePort()) });
  await bystander.untilUp();
  const sluice = start(t, folder, { HTTP_PORT: String(await findFreePort()) });
  await sluice.untilUp();
  const [other] = readNotes(folder);
  assert.ok(other !== undefined && isRunning(other));
  assert.ok(!isRunning({ ...other, started: other.started.replace(/\S+/, 'another-boot') }));
  assert.ok(!isRunning({ ...other, pid: Number(bystander.child.pid) }));
});

test('the error for a missing flock names its package', (t) => {
  const folder = createFolder(t);
  const script = `import(${JSON.stringify(new URL('../../tools/local/lock.mjs', import.meta.url).href)})
    .then(({ tryLock }) => tryLock('lock')).catch((error) => console.error(error.message))`;
  const { stderr } = spawnSync(process.execPath, ['--eval', script], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: folder },
  });
  assert.match(stderr, /flock is missing.*util-linux/);
});
