import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { repository } from '@sluice/local/folder.ts';
import { readNotes } from '@sluice/local/processes/leftovers.ts';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import { createFolder, start } from '@sluice/test-servers/npm-start.ts';
import type { Owner } from '@sluice/test-servers/test-file.ts';
import { chromium, type BrowserContextOptions, type PageScreenshotOptions } from 'playwright-core';
import { findChromium } from './find-chromium.ts';

// `npm run screenshots`: saves the main states of the console, and a table, in docs/screenshots.

const folder = join(repository, 'docs/screenshots');
const wide = { viewport: { width: 1280, height: 860 }, deviceScaleFactor: 1 };
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 };
const patienceMs = 60_000;
const loadEveryMs = 100;
const loadMs = 100_000;

mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({ executablePath: findChromium() });

/** Starts Sluice with a data folder of its own, and stops it when `work` ends. */
const withSluice = async (
  own: Readonly<Record<string, string>>,
  work: (sluice: Awaited<ReturnType<typeof startSluice>>) => Promise<void>,
) => {
  const cleanups: (() => unknown)[] = [];
  try {
    await work(await startSluice({ after: (clean) => cleanups.push(clean) }, own));
  } finally {
    for (const clean of cleanups.toReversed()) await clean();
  }
};

const startSluice = async (owner: Owner, own: Readonly<Record<string, string>>) => {
  const data = createFolder(owner);
  const [port, consolePort] = [String(await findFreePort()), String(await findFreePort())];
  const environment = { SLUICE_DIR: data, HTTP_PORT: port, CONSOLE_PORT: consolePort, ...own };
  await start(owner, data, environment).untilUp();

  const open = async (options: BrowserContextOptions, query = '') => {
    const page = await browser.newPage({ locale: 'en-GB', reducedMotion: 'reduce', ...options });
    page.setDefaultTimeout(patienceMs);
    await page.goto(`http://127.0.0.1:${consolePort}/${query}`);
    const shoot = async (name: string, sentence: string, how: PageScreenshotOptions = {}) => {
      await page.locator('.sentence').filter({ hasText: sentence }).waitFor();
      await page.screenshot({ path: join(folder, `${name}.png`), ...how });
      process.stdout.write(`docs/screenshots/${name}.png\n`);
    };
    return { page, shoot };
  };

  const operate = (action: string) => {
    const words = [join(repository, 'tools/local/operate.ts'), 'consumer/operator', 'consumers', action];
    spawnSync(process.execPath, words, { env: { ...process.env, ...environment } });
  };

  const post = async (path: string, content: object) => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify(content);
    await (await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body })).arrayBuffer();
  };

  /** Posts every 0.1 s what `next` makes of a size that rises and falls, so that the charts show a curve. */
  const startLoad = (path: string, next: (size: number) => object) => {
    const load = setInterval(() => {
      const size = Math.round(400 + 350 * Math.sin(Date.now() / 7_000));
      void post(path, next(size)).catch(() => undefined);
    }, loadEveryMs);
    owner.after(() => clearInterval(load));
  };

  const mysqlPid = () => Number(readNotes(data).find(({ command }) => command.includes('/mysql'))?.pid);
  return { open, operate, startLoad, mysqlPid };
};

try {
  await withSluice({}, async ({ open, operate, startLoad, mysqlPid }) => {
    const light = await open({ ...wide, colorScheme: 'light' });
    const dark = await open({ ...wide, colorScheme: 'dark' });
    const small = await open({ ...phone, colorScheme: 'light' });
    await light.shoot('empty', 'All is well.');

    let last = Math.floor(Date.now() / 1000);
    startLoad('/counts', (size) => ({ counts: Array.from({ length: size }, () => (last += 1)) }));
    await pause(loadMs);
    await light.page.getByRole('button', { name: 'POST' }).click();
    await light.page.getByText('Recorded and shown here after').waitFor();
    await Promise.all([light.shoot('well', 'All is well.'), dark.shoot('well-dark', 'All is well.')]);
    await small.shoot('phone', 'All is well.');

    operate('pause');
    await pause(6_000);
    await light.shoot('paused', 'The consumers are paused.');
    operate('resume');

    const mysql = mysqlPid();
    process.kill(mysql, 'SIGSTOP');
    try {
      await light.shoot('database-unavailable', 'The database is unavailable.');
    } finally {
      process.kill(mysql, 'SIGCONT');
    }
  });

  await withSluice({ TABLES_FILE: join(repository, 'examples/index.ts') }, async ({ open, startLoad }) => {
    const light = await open({ ...wide, colorScheme: 'light' }, '?table=page_view');
    const paths = ['/', '/pricing', '/docs', '/docs/start', '/blog'];
    const viewOf = (index: number) => ({
      visitor: randomUUID(),
      path: paths[index % paths.length],
      duration_ms: Math.round(Math.random() * 60_000) / 10,
      viewed_at: new Date().toISOString(),
      ...(index % 3 === 0 ? { plan: 'pro' } : {}),
      properties: { referrer: index % 2 === 0 ? 'search' : null },
    });
    startLoad('/tables/page_view/rows', (size) => Array.from({ length: size }, (_, index) => viewOf(index)));
    await pause(loadMs);
    await light.shoot('table', 'All is well.', { fullPage: true });
  });
} finally {
  await browser.close();
}
