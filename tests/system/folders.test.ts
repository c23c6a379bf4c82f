import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { repository } from '@sluice/local/folder.ts';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { createFolder, ownEnvironment, start } from '@sluice/test-servers/npm-start.ts';

// Each character has a meaning in a shell, a pattern, a URL, a configuration file or a bundler.
const strangeName = `[clients] 2024 ?*#%41&$x;ü'"\\`;
// Node cannot import from a folder with a backslash in its name.
const nameOfCheckout = strangeName.replace('\\', '');
const isRoot = process.getuid?.() === 0;
const needsRoot = isRoot ? false : 'only root may change to another user, or mount';
const nobody = 65_534;
const asNobody = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];

const postAndRead = async (port: number) => {
  const headers = { 'content-type': 'application/json' };
  const posted = await fetch(`http://127.0.0.1:${port}/count`, { method: 'POST', headers, body: '{"count":7}' });
  assert.equal(posted.status, 201);
  await waitUntil(async () => {
    const answer = (await (await fetch(`http://127.0.0.1:${port}/count`)).json()) as { rows_count: number };
    return answer.rows_count === 1;
  });
};

const reset = (folder: string, through: readonly string[] = []) => {
  const [program, ...before] = [...through, process.execPath];
  return spawnSync(program, [...before, join(repository, 'tools/local/reset.ts')], {
    encoding: 'utf8',
    env: { ...ownEnvironment(), SLUICE_DIR: folder },
  });
};

test('a data folder can have any name and be a link, and reset leaves nothing of it', async (t) => {
  const parent = createFolder(t);
  const folder = join(parent, strangeName);
  mkdirSync(folder);
  symlinkSync(folder, join(parent, 'link'));
  const port = await findFreePort();
  const sluice = start(t, join(parent, 'link'), { HTTP_PORT: String(port) });
  await sluice.untilUp();
  await postAndRead(port);
  assert.ok(existsSync(join(folder, 'redis/appendonlydir')) && existsSync(join(folder, 'mysql/data/count')));
  assert.equal(await sluice.stop(), 0);
  const { status, stderr } = reset(folder);
  assert.deepEqual([status, stderr, readdirSync(parent)], [0, '', ['link']]);
});

test('a checkout in a folder of any name builds the console', async (t) => {
  const copy = join(createFolder(t), nameOfCheckout);
  for (const name of ['apps', 'packages', 'tools', 'package.json', 'package-lock.json', 'tsconfig.json']) {
    cpSync(join(repository, name), join(copy, name), {
      recursive: true,
      filter: (path) => !/\/(?:dist|node_modules)$/.test(path),
    });
  }
  symlinkSync(join(repository, 'node_modules'), join(copy, 'node_modules'));
  const ports = { HTTP_PORT: String(await findFreePort()), CONSOLE_PORT: String(await findFreePort()) };
  const sluice = start(t, join(copy, '.sluice'), ports, { repository: copy });
  await sluice.untilUp();
  assert.match(sluice.output(), /Building the console/);
  const page = await fetch(`http://127.0.0.1:${ports.CONSOLE_PORT}/`);
  const [, script = ''] = /src="\.(\/assets\/[^"]+)"/.exec(await page.text()) ?? [];
  assert.equal((await fetch(`http://127.0.0.1:${ports.CONSOLE_PORT}${script}`)).status, 200);
});

test('npm start works without a temporary folder, home or locale, with a long TMPDIR, and behind a proxy', async (t) => {
  const port = await findFreePort();
  const sluice = start(
    t,
    createFolder(t),
    {
      HTTP_PORT: String(port),
      TMPDIR: `/${'long/'.repeat(40)}`,
      LC_ALL: 'C',
      NODE_USE_ENV_PROXY: '1',
      // No process listens on this port.
      HTTP_PROXY: 'http://127.0.0.1:9',
      http_proxy: 'http://127.0.0.1:9',
    },
    { through: ['env', '--unset=HOME', '--unset=NO_PROXY', '--unset=no_proxy', '--unset=USER'] },
  );
  await sluice.untilUp();
  await postAndRead(port);
});

test('a user without a name can run it, as in a container', { skip: needsRoot }, async (t) => {
  const folder = createFolder(t);
  const unnamed = 54_321;
  chownSync(folder, unnamed, unnamed);
  const port = await findFreePort();
  const through = ['setpriv', `--reuid=${unnamed}`, `--regid=${unnamed}`, '--clear-groups', 'env', '--unset=HOME'];
  const sluice = start(t, folder, { HTTP_PORT: String(port) }, { through });
  await sluice.untilUp();
  await postAndRead(port);
});

test('a folder of another user is reported with its owner and a fix', { skip: needsRoot }, async (t) => {
  const parent = createFolder(t);
  chmodSync(parent, 0o755);
  const folder = join(parent, 'of-root');
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(join(folder, 'lock'), '', { mode: 0o600 });
  const sluice = start(t, folder, { HTTP_PORT: String(await findFreePort()) }, { through: asNobody });
  const [code] = await sluice.ended;
  const advice = /of-root\S* cannot be used: it belongs to root\. .*sudo chown -R .*SLUICE_DIR=/;
  assert.equal(code, 1);
  assert.match(sluice.output(), advice);
  assert.doesNotMatch(sluice.output(), / at /);
  const { status, stderr } = reset(folder, asNobody);
  assert.equal(status, 1);
  assert.match(stderr, advice);
  assert.doesNotMatch(stderr, / at /);
});

for (const [what, options, message] of [
  ['is read-only', 'ro', /is on a read-only file system; choose another folder/],
  ['is full', 'size=4k,nr_inodes=2', /the disk or the quota is full\. Free some space/],
] as const) {
  test(`a disk that ${what} is reported with a fix`, { skip: needsRoot }, async (t) => {
    const folder = createFolder(t);
    const mount = 'mount -t tmpfs -o "$0" sluice "$SLUICE_DIR" && exec "$@"';
    const through = ['unshare', '--mount', 'sh', '-c', mount, options];
    const sluice = start(t, folder, { HTTP_PORT: String(await findFreePort()) }, { through });
    const [code] = await sluice.ended;
    assert.equal(code, 1, sluice.output());
    assert.match(sluice.output(), message);
    assert.doesNotMatch(sluice.output(), / at /);
  });
}

test('a limit of open files that is too low is reported with a fix', async (t) => {
  for (const limit of [24, 64]) {
    const through = ['sh', '-c', `ulimit -n ${limit}; exec "$@"`, 'sh'];
    const sluice = start(t, createFolder(t), { HTTP_PORT: String(await findFreePort()) }, { through });
    const [code] = await sluice.ended;
    assert.equal(code, 1);
    assert.match(sluice.output(), /files.*ulimit -n 4096/);
    assert.doesNotMatch(sluice.output(), / at /);
  }
});
