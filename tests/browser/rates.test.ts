import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { createProxy } from '@sluice/test-servers/proxy/proxy.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { assertNoComplaint, openPage, patienceMs, readFigure, untilSentence } from './browser.ts';
import { serveConsole } from './console.ts';

const stalledRows = 4_000;

test('events delayed by a stall cause no false rate', async (t) => {
  const { start, ledger, address, environment } = await createPipeline(t);
  await Promise.all([start('producer'), start('consumer')]);
  const { port } = await serveConsole(t, [Number(environment['HTTP_PORT'])]);
  const proxy = await createProxy(t, port);
  const { page, complaints } = await openPage(t, `http://127.0.0.1:${proxy.port}/`);
  await untilSentence(page, 'All is well.');

  const counts = JSON.stringify({ counts: Array.from({ length: 100 }, (_, index) => index) });
  let isOver = false;
  const load = setInterval(() => {
    if (isOver) return;
    void fetch(`${address}/counts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: counts,
    }).then((response) => response.arrayBuffer());
  }, 100);
  t.after(() => clearInterval(load));

  const most = async () => {
    const text = await page.locator('.chart-most').first().textContent();
    return Number((text ?? '').replaceAll(/\D/g, ''));
  };
  await waitUntil(async () => (await readFigure(page, 'ledger')) > stalledRows, patienceMs);
  const mostBefore = await most();
  const before = await ledger.readTotals();
  proxy.stall(true);
  await waitUntil(async () => (await ledger.readTotals()) > before + stalledRows, patienceMs);
  proxy.stall(false);
  await waitUntil(async () => (await readFigure(page, 'ledger')) > before + 1.5 * stalledRows, patienceMs);
  isOver = true;
  t.diagnostic(`at most ${mostBefore} a second before, ${await most()} after`);
  assert.ok((await most()) < 2 * mostBefore, `${await most()} a second`);
  assertNoComplaint(complaints, true);
});
