import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { createTestTables, tablesFile } from '@sluice/test-servers/tables.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import type { Page, Route } from 'playwright-core';
import { openPage, patienceMs, readFigure, untilSentence } from './browser.ts';
import { serveConsole } from './console.ts';

const withTables = { TABLES_FILE: tablesFile };

test('the console shows each new row, whatever happens to a read of the rows', async (whole) => {
  const { start, ledger, address: api, environment } = await createPipeline(whole);
  await createTestTables(ledger.query);
  await Promise.all([start('producer', withTables), start('consumer', withTables)]);
  const { address } = await serveConsole(whole, [Number(environment['HTTP_PORT'])]);

  const post = async (path: string, body: object): Promise<void> => {
    const headers = { 'content-type': 'application/json' };
    const { status } = await fetch(`${api}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    assert.equal(status, 201);
  };
  const open = async (t: TestContext, search: string): Promise<Page> => {
    const { page } = await openPage(t, `${address}${search}`);
    await untilSentence(page, 'All is well.');
    await page.getByRole('heading', { name: 'Newest rows' }).waitFor();
    return page;
  };
  const cell = (page: Page, text: string) => page.getByRole('cell', { name: text, exact: true });

  /** Handles the next GET of the rows in another way than those after it. */
  const onNextRead = (page: Page, path: RegExp, handle: (route: Route) => Promise<void>) =>
    page.route(
      ({ pathname }) => path.test(pathname),
      (route) => (route.request().method() === 'GET' ? handle(route) : route.fallback()),
      { times: 1 },
    );

  await whole.test('a read of counts fails', async (t) => {
    const page = await open(t, '');
    await onNextRead(page, /\/counts$/, (route) => route.abort('connectionreset'));
    await post('/count', { count: 4_711 });
    await cell(page, '4,711').waitFor();
  });

  await whole.test('a read of a table fails', async (t) => {
    const page = await open(t, '?table=vote');
    await onNextRead(page, /\/tables\/vote\/rows$/, (route) => route.abort('connectionreset'));
    await post('/tables/vote/rows', { choice: 'first', weight: 1 });
    await cell(page, 'first').waitFor();
  });

  await whole.test('a turn back to the newest page fails', async (t) => {
    const page = await open(t, '?table=vote');
    await post(
      '/tables/vote/rows',
      Array.from({ length: 12 }, (_, index) => ({ choice: `number ${index}`, weight: index })),
    );
    await cell(page, 'number 11').waitFor();
    await page.getByRole('button', { name: 'Older' }).click();
    await cell(page, 'number 1').waitFor();
    await onNextRead(page, /\/tables\/vote\/rows$/, (route) => route.abort('connectionreset'));
    await page.getByRole('button', { name: 'Newer' }).click();
    await cell(page, 'number 11').waitFor();
  });

  await whole.test('a count is recorded while an earlier read is in progress', async (t) => {
    const page = await open(t, '');
    const before = await readFigure(page, 'ledger');
    const isHeld = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    await onNextRead(page, /\/counts$/, async (route) => {
      const response = await route.fetch();
      isHeld.resolve();
      await release.promise;
      await route.fulfill({ response });
    });
    await post('/count', { count: 1_001 });
    await isHeld.promise;
    await post('/count', { count: 1_002 });
    await waitUntil(async () => (await readFigure(page, 'ledger')) === before + 2, patienceMs);
    release.resolve();
    await cell(page, '1,002').waitFor();
  });
});
