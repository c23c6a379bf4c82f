import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { createProxy } from '@sluice/test-servers/proxy/proxy.ts';
import type { Page } from 'playwright-core';
import { assertNoComplaint, openPage, untilSentence } from './browser.ts';
import { serveConsole } from './console.ts';

test('the page reconnects a broken event stream, and in the meantime shows since when it is stale', async (t) => {
  const { start, post, environment } = await createPipeline(t);
  await Promise.all([start('producer'), start('consumer')]);
  const { port } = await serveConsole(t, [Number(environment['HTTP_PORT'])]);
  const proxy = await createProxy(t, port);
  const { page, context, complaints } = await openPage(t, `http://127.0.0.1:${proxy.port}/`);
  const connection = page.getByLabel('Connection');
  await connection.getByText('Live').waitFor();

  proxy.refuse(true);
  proxy.cut();
  await connection.getByText(/Reconnecting · stale since \d/).waitFor();
  await untilSentence(page, 'The API is unavailable.');
  proxy.refuse(false);
  await connection.getByText('Live').waitFor();
  await post(555);
  await page.getByRole('cell', { name: '555', exact: true }).waitFor();

  // The browser gets no signal that the stream has gone silent.
  proxy.silence('both');
  await connection.getByText(/Reconnecting/).waitFor();
  await connection.getByText('Live').waitFor();

  // Some browsers keep an open stream when they emulate the loss of the network.
  await context.setOffline(true);
  proxy.refuse(true);
  proxy.cut();
  await untilSentence(page, 'This browser is offline.');
  proxy.refuse(false);
  await context.setOffline(false);
  await untilSentence(page, 'All is well.');
  assertNoComplaint(complaints, true);
});

test('the page stays live while events arrive, whatever the browser reports about its network', async (t) => {
  const { start, post, environment } = await createPipeline(t);
  await Promise.all([start('producer'), start('consumer')]);
  const { port } = await serveConsole(t, [Number(environment['HTTP_PORT'])]);
  const proxy = await createProxy(t, port);
  const { page, complaints } = await openPage(t, `http://127.0.0.1:${proxy.port}/`);
  await untilSentence(page, 'All is well.');
  await page.evaluate(`
    window.sentences = [];
    new MutationObserver(() => window.sentences.push(document.querySelector('.sentence').textContent))
      .observe(document.querySelector('.sentence'), { childList: true, characterData: true, subtree: true });
  `);

  // The page learns about its network only from the browser. Loopback needs no network.
  await reportNetwork(page, false);
  await post(556);
  await page.getByRole('cell', { name: '556', exact: true }).waitFor();
  await reportNetwork(page, true);
  await post(557);
  await page.getByRole('cell', { name: '557', exact: true }).waitFor();
  assert.deepEqual(await page.evaluate('sentences'), []);

  await reportNetwork(page, false);
  proxy.refuse(true);
  proxy.cut();
  await untilSentence(page, 'This browser is offline.');
  await reportNetwork(page, true);
  await untilSentence(page, 'The API is unavailable.');
  proxy.refuse(false);
  await untilSentence(page, 'All is well.');
  assertNoComplaint(complaints, true);
});

/** Makes the browser report that it is online or offline. Connections stay as they are. */
const reportNetwork = (page: Page, isOnLine: boolean): Promise<unknown> =>
  page.evaluate(`
    Object.defineProperty(navigator, 'onLine', { configurable: true, value: ${isOnLine} });
    window.dispatchEvent(new Event('${isOnLine ? 'online' : 'offline'}'));
  `);
