import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { repository } from '@sluice/local/folder.ts';
import { readNotes } from '@sluice/local/processes/leftovers.ts';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import { createFolder, start } from '@sluice/test-servers/npm-start.ts';
import { chromium, type BrowserContextOptions } from 'playwright-core';
import { findChromium } from './find-chromium.ts';

// `npm run screenshots`: saves the main states of the console in docs/screenshots.

const folder = join(repository, 'docs/screenshots');
const wide = { viewport: { width: 1280, height: 860 }, deviceScaleFactor: 1 };
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 };
const patienceMs = 60_000;
const loadEveryMs = 100;

mkdirSync(folder, { recursive: true });
const cleanups: (() => unknown)[] = [];
const owner = { after: (clean: () => unknown) => cleanups.push(clean) };
const data = createFolder(owner);
const [port, consolePort] = [String(await findFreePort()), String(await findFreePort())];
const environment = { SLUICE_DIR: data, HTTP_PORT: port, CONSOLE_PORT: consolePort };
const sluice = start(owner, data, environment);
await sluice.untilUp();
const browser = await chromium.launch({ executablePath: findChromium() });

const open = async (options: BrowserContextOptions) => {
  const page = await browser.newPage({ locale: 'en-GB', reducedMotion: 'reduce', ...options });
  page.setDefaultTimeout(patienceMs);
  await page.goto(`http://127.0.0.1:${consolePort}/`);
  const shoot = async (name: string, sentence: string) => {
    await page.locator('.sentence').filter({ hasText: sentence }).waitFor();
    await page.screenshot({ path: join(folder, `${name}.png`) });
    process.stdout.write(`docs/screenshots/${name}.png\n`);
  };
  return { page, shoot };
};

const operate = (action: string) => {
  const words = [join(repository, 'tools/local/operate.ts'), 'consumer/operator', 'consumers', action];
  spawnSync(process.execPath, words, { env: { ...process.env, ...environment } });
};

const post = async (counts: readonly number[]) => {
  const body = JSON.stringify({ counts });
  const headers = { 'content-type': 'application/json' };
  await (await fetch(`http://127.0.0.1:${port}/counts`, { method: 'POST', headers, body })).arrayBuffer();
};

try {
  const light = await open({ ...wide, colorScheme: 'light' });
  const dark = await open({ ...wide, colorScheme: 'dark' });
  const small = await open({ ...phone, colorScheme: 'light' });
  await light.shoot('empty', 'All is well.');

  let next = Math.floor(Date.now() / 1000);
  // A load that rises and falls, so that the charts show a curve.
  const load = setInterval(() => {
    const size = Math.round(400 + 350 * Math.sin(Date.now() / 7_000));
    void post(Array.from({ length: size }, () => (next += 1))).catch(() => undefined);
  }, loadEveryMs);
  await pause(100_000);
  await light.page.getByRole('button', { name: 'POST' }).click();
  await light.page.getByText('Recorded and shown here after').waitFor();
  await Promise.all([light.shoot('well', 'All is well.'), dark.shoot('well-dark', 'All is well.')]);
  await small.shoot('phone', 'All is well.');

  operate('pause');
  await pause(6_000);
  await light.shoot('paused', 'The consumers are paused.');
  operate('resume');

  const mysql = Number(readNotes(data).find(({ command }) => command.includes('/mysql'))?.pid);
  process.kill(mysql, 'SIGSTOP');
  try {
    await light.shoot('database-unavailable', 'The database is unavailable.');
  } finally {
    process.kill(mysql, 'SIGCONT');
  }
  clearInterval(load);
} finally {
  await browser.close();
  for (const clean of cleanups.toReversed()) await clean();
}
