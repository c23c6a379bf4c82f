import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { repository } from '@sluice/local/folder.ts';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import { openPage, untilSentence } from './browser.ts';

const touchEveryMs = 1_000;
const style = join(repository, 'apps/frontend/style/page.css');

test('with npm run dev a change of a source appears in the page without a reload', async (t) => {
  const port = await findFreePort();
  const main = join(repository, 'tools/local/console/main.ts');
  const child = spawn(
    process.execPath,
    [main, '--repository', repository, '--host', '127.0.0.1', '--port', String(port), '--dev'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const ended = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  await once(createInterface({ input: child.stdout }), 'line');

  const { page } = await openPage(t, 'about:blank');
  const said = (text: string) => page.waitForEvent('console', (message) => message.text().includes(text));
  const [connected, updated] = [said('[vite] connected'), said('hot updated')];
  await page.goto(`http://127.0.0.1:${port}/`);
  await untilSentence(page, 'No word from the API.');
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
