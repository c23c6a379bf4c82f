import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { request as startRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { repository } from '@sluice/local/folder.ts';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import { openPage, untilSentence } from './browser.ts';

// These tests share a file, because the first two write files that the server of the third would
// answer with a reload of the page.

const secret = 'the-secret-of-this-test';
const touchEveryMs = 1_000;
const style = join(repository, 'apps/frontend/style/page.css');

/** Starts the console of `npm run dev` with its data in `folder`. */
const startConsole = async (t: TestContext, folder: string) => {
  const port = await findFreePort();
  const main = join(repository, 'tools/local/console/main.ts');
  const options = ['--repository', repository, '--host', 'localhost', '--host', '127.0.0.1', '--port', String(port)];
  const child = spawn(process.execPath, [main, ...options, '--dev'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, SLUICE_DIR: folder },
  });
  const ended = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  await once(createInterface({ input: child.stdout }), 'line');
  return port;
};

/** Creates a folder that is removed after the test. */
const makeFolder = (t: TestContext, path: string): string => {
  t.after(() => rmSync(path, { recursive: true, force: true }));
  mkdirSync(path, { recursive: true });
  return path;
};

/** Sends a GET without normalizing its path. */
const get = async (port: number, path: string, headers: Readonly<Record<string, string>> = {}) => {
  const request = startRequest({ port, host: '127.0.0.1', path: path.replaceAll(' ', '%20'), headers, agent: false });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
};

const encode = (path: string) => path.replaceAll(/[./]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
const queries = [
  '',
  '?raw',
  '?import&raw',
  '?url',
  '?inline',
  '?raw??',
  '?.svg?.wasm?init',
  '?import&raw&x=.js',
  '?t=1&raw',
];

/** Lists all known paths by which a client could request a file. */
const waysTo = (file: string): string[] => {
  const ofRoot = file.replace(`${join(repository, 'apps/frontend')}/`, '');
  const paths = [
    `/@fs${file}`,
    `/@fs/${file}`,
    `/@fs${encode(file)}`,
    `/@fs${file.replaceAll('/.', '/%2e')}`,
    `/@fs${join(repository, 'apps/frontend')}/x/../../..${file.replace(repository.replace(/\/$/, ''), '')}`,
    `/@fs${join(repository, 'node_modules')}/@sluice/local/..%2f..%2f..${file.replace(repository.replace(/\/$/, ''), '')}`,
    `/@fs${file}/`,
    `/@fs${file}::$DATA`,
    `/@fs${file}%00.js`,
    `/@fs${file.toUpperCase()}`,
    `/@id${file}`,
    `/@id/__x00__${file}`,
    `/${ofRoot}`,
    `/${encode(ofRoot)}`,
    `/..%2f..%2f${ofRoot}`,
    `/../..${file.replace(repository.replace(/\/$/, ''), '')}`,
    file,
  ];
  return paths.flatMap((path) => queries.map((query) => `${path}${query}`));
};

const assertRefused = async (port: number, file: string): Promise<void> => {
  for (const path of waysTo(file)) {
    const { status, body } = await get(port, path);
    assert.ok(!body.includes(secret), `${path} gave the secret, with ${status}`);
  }
};

test('npm run dev does not serve the data folder, wherever it is', async (t) => {
  const inRepository = makeFolder(t, join(repository, '.sluice', `test-${process.pid}`));
  const inPage = makeFolder(t, join(repository, 'apps/frontend', `data [${process.pid}] (a)`));
  const elsewhere = makeFolder(t, mkdtempSync(join(tmpdir(), 'sluice-dev-')));
  const link = join(repository, 'apps/frontend', `link-${process.pid}`);
  symlinkSync(elsewhere, link);
  t.after(() => rmSync(link));
  for (const folder of [inRepository, inPage, elsewhere, link]) {
    for (const name of ['password', 'environment.json', 'a.js', 'a.ts', 'a.css', 'a.html', 'a.svg', 'a.pem'])
      writeFileSync(join(folder, name), `/* ${secret} */`);
    const port = await startConsole(t, folder);
    assert.equal((await get(port, '/main.tsx')).status, 200);
    for (const name of ['password', 'environment.json', 'a.js', 'a.html', 'a.svg']) {
      await assertRefused(port, join(folder, name));
      if (folder === link) await assertRefused(port, join(elsewhere, name));
    }
  }
});

test('npm run dev serves only what the page imports, and only for allowed hosts', async (t) => {
  const page = makeFolder(t, join(repository, 'apps/frontend', `secrets-${process.pid}`));
  for (const name of ['.env', '.env.local', 'server.key', 'server.pem', '.npmrc'])
    writeFileSync(join(page, name), secret);
  const port = await startConsole(t, makeFolder(t, mkdtempSync(join(tmpdir(), 'sluice-dev-'))));
  for (const name of ['.env', '.env.local', 'server.key', 'server.pem', '.npmrc'])
    await assertRefused(port, join(page, name));
  for (const file of ['package.json', 'apps/producer/main.ts', 'tools/local/main.ts', '.git/config', 'compose.yaml']) {
    for (const query of queries) {
      for (const path of [
        `/@fs${join(repository, file)}`,
        `/@fs${join(repository, 'node_modules/@sluice/local/main.ts')}`,
      ]) {
        const { status } = await get(port, path + query);
        assert.equal(status, 403, path + query);
      }
    }
  }
  assert.equal((await get(port, `/@fs${join(repository, 'packages/contract/count.ts')}`)).status, 200);
  for (const path of ['/', '/main.tsx', '/@vite/client']) {
    assert.equal((await get(port, path, { host: `evil.example:${port}` })).status, 421);
    const { headers } = await get(port, path, { origin: 'http://localhost:3000' });
    assert.equal(headers['access-control-allow-origin'], undefined);
  }
  const upgrade = startRequest({
    port,
    host: '127.0.0.1',
    path: '/',
    agent: false,
    headers: {
      host: 'evil.example',
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-version': '13',
      'sec-websocket-protocol': 'vite-hmr',
    },
  });
  upgrade.end();
  const outcome = await Promise.race([
    once(upgrade, 'upgrade').then(() => 'upgraded'),
    once(upgrade, 'response').then(() => 'refused'),
    new Promise((resolve) => upgrade.once('error', () => resolve('refused'))),
  ]);
  assert.equal(outcome, 'refused');
});

test('npm run dev shows a change of a source in the page without a reload', async (t) => {
  const port = await startConsole(t, makeFolder(t, mkdtempSync(join(tmpdir(), 'sluice-dev-'))));
  const { page } = await openPage(t, 'about:blank');
  const said = (words: string) => page.waitForEvent('console', (message) => message.text().includes(words));
  const [connected, updated] = [said('[vite] connected'), said('hot updated')];
  await page.goto(`http://127.0.0.1:${port}/`);
  await untilSentence(page, 'The API is unavailable.');
  await connected;
  await page.evaluate('window.isTheSamePage = true');
  // The content stays the same, since other tests read it. Repeated, because nothing says when the
  // server watches the file.
  const touching = setInterval(() => utimesSync(style, new Date(), new Date()), touchEveryMs);
  try {
    await updated;
  } finally {
    clearInterval(touching);
  }
  assert.equal(await page.evaluate('window.isTheSamePage'), true);
});
