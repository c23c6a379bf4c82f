import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { pauseConsumers, resumeConsumers } from '@sluice/queue/admin/pause.ts';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { createTestTables, tablesFile } from '@sluice/test-servers/tables.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import type { BrowserContextOptions, Page } from 'playwright-core';
import {
  assertAccessible,
  assertFits,
  assertNoComplaint,
  openPage,
  patienceMs,
  readFigure,
  setVisibility,
  untilSentence,
} from './browser.ts';
import { serveConsole } from './console.ts';

const withTables = { TABLES_FILE: tablesFile };
const visitor = '0b9ad5d3-7c5f-4d0e-9b1c-2f6a3f1e8d47';
const longPath = `/${'a/very/long/path/'.repeat(11)}`;

/** Drops what the browser itself logs of requests that the API refused. */
const ofPage = (complaints: readonly string[]) => complaints.filter((text) => !/status of 40[01]/.test(text));

/** Fails unless the table is wider than its region, and the keyboard scrolls the region. */
const assertScrolls = async (page: Page): Promise<void> => {
  await page.getByRole('region', { name: 'Newest rows' }).focus();
  await page.keyboard.press('ArrowRight');
  await waitUntil(() => page.evaluate<boolean>(`document.querySelector('.wide').scrollLeft > 0`), patienceMs);
};

/** Counts the columns of the table that can be read before it is scrolled. */
const countColumnsInSight = (page: Page): Promise<number> =>
  page.evaluate<number>(`(() => {
    const end = document.querySelector('.wide').getBoundingClientRect().right;
    return [...document.querySelectorAll('.wide th')].filter((head) => head.getBoundingClientRect().right <= end).length;
  })()`);

test('the console shows tables', async (whole) => {
  const { start, ledger, queue, address: api, environment } = await createPipeline(whole);
  await createTestTables(ledger.query);
  await Promise.all([start('producer', withTables), start('consumer', withTables)]);
  const { address } = await serveConsole(whole, [Number(environment['HTTP_PORT'])]);

  const post = async (table: string, rows: object): Promise<void> => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${api}/tables/${table}/rows`, {
      method: 'POST',
      headers,
      body: JSON.stringify(rows),
    });
    assert.equal(response.status, 201, await response.text());
  };
  const countRows = async (table: string): Promise<number> => {
    const [row] = await ledger.query('SELECT COUNT(*) AS number FROM ??', [table]);
    return Number(row?.['number']);
  };
  const open = async (t: TestContext, table: string, options: BrowserContextOptions = {}) => {
    const opened = await openPage(t, `${address}?table=${table}`, options);
    await opened.page.getByRole('heading', { name: 'Newest rows' }).waitFor();
    return opened;
  };

  for (const width of [1280, 390]) {
    for (const colorScheme of ['light', 'dark'] as const) {
      await whole.test(`a row is posted and found again after a reload, at ${width} px, ${colorScheme}`, async (t) => {
        const before = await countRows('page_view');
        const { page, complaints } = await openPage(t, address, { viewport: { width, height: 844 }, colorScheme });
        await untilSentence(page, 'All is well.');
        assert.equal(await page.getByLabel('Table').inputValue(), 'count');
        await page.getByLabel('Table').selectOption('page_view');
        await page.getByRole('heading', { name: 'Newest rows' }).waitFor();
        await assertAccessible(page);

        await page.getByRole('textbox', { name: 'visitor' }).fill(visitor);
        await page.getByRole('textbox', { name: 'path' }).fill(`${longPath}too/long/for/the/column`);
        await page.getByLabel('duration_ms').fill('0.1');
        await page.getByLabel('clicks').fill('1.0000000000000001');
        await page.getByLabel('is_new').selectOption('true');
        await page.getByLabel('properties').fill('{"plan": null}');
        await page.getByRole('button', { name: 'Now: viewed_at' }).click();
        await page.getByRole('button', { name: 'POST' }).click();
        await page.getByText('clicks has a number with more digits than can be kept: 1 would be').waitFor();
        await page.getByLabel('clicks').fill('1.5');
        await page.getByRole('button', { name: 'POST' }).click();
        await page.getByText('path must have at most 200 characters.').waitFor();
        await page.getByText(/^clicks must be .*9007199254740991/).waitFor();
        await page.getByLabel('Answer to POST').getByText('2 fields are wrong').waitFor();
        const path = page.getByRole('textbox', { name: 'path' });
        assert.equal(await path.getAttribute('aria-invalid'), 'true');
        assert.equal(await page.evaluate('document.activeElement.id'), await path.getAttribute('id'));
        await assertAccessible(page);
        await assertFits(page);

        await path.fill(longPath);
        await page.getByLabel('clicks').fill(String(before + 1_000_001));
        await page.getByRole('button', { name: 'POST' }).click();
        await page.getByLabel('Answer to POST').getByText('was acknowledged').waitFor();
        await page.getByRole('cell', { name: String(before + 1_000_001), exact: true }).waitFor();
        await page.locator('.latest').getByText(longPath).waitFor();
        await page.locator('.latest').getByText('{"plan":null}').waitFor();
        assert.equal(await countRows('page_view'), before + 1);
        await assertAccessible(page);
        await assertFits(page);

        await page.reload();
        await page.getByRole('cell', { name: String(before + 1_000_001), exact: true }).waitFor();
        assert.equal(await page.getByLabel('Table').inputValue(), 'page_view');
        assert.equal(new URL(page.url()).search, '?table=page_view');
        await waitUntil(async () => (await readFigure(page, 'ledger')) === before + 1, patienceMs);
        assert.ok((await countColumnsInSight(page)) >= 3);
        await assertScrolls(page);
        await assertFits(page);

        await page.getByLabel('Table').selectOption('count');
        await page.getByRole('heading', { name: 'Try it' }).waitFor();
        assert.equal(page.url(), address);
        await page.goBack();
        await page.getByRole('heading', { name: 'Latest row' }).waitFor();
        assertNoComplaint(ofPage(complaints));
      });
    }
  }

  await whole.test('pages lead to older rows and back, while newer ones arrive', async (t) => {
    await post(
      'sensor_reading',
      Array.from({ length: 25 }, (_, index) => ({ sensor: `sensor-${index}`, celsius: index })),
    );
    const { page, complaints } = await open(t, 'sensor_reading');
    const cell = (sensor: number) => page.getByRole('cell', { name: `sensor-${sensor}`, exact: true });
    await cell(24).waitFor();
    await page.getByRole('button', { name: 'Older' }).click();
    await page.getByRole('heading', { name: 'Older rows, page 2' }).waitFor();
    await cell(5).waitFor();
    await page.getByRole('button', { name: 'Older' }).click();
    await cell(0).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Older' }).getAttribute('aria-disabled'), 'true');
    await post('sensor_reading', { sensor: 'sensor-25', celsius: 25 });
    await page.locator('.latest').getByText('sensor-25').waitFor();
    await cell(0).waitFor();
    await page.getByRole('button', { name: 'Newer' }).click();
    await page.getByRole('heading', { name: 'Older rows, page 2' }).waitFor();
    await page.getByRole('button', { name: 'Newer' }).click();
    await cell(25).waitFor();
    assertNoComplaint(complaints);
  });

  await whole.test(
    'a row whose answer is lost is recorded once when it is resent, and no click sends two',
    async (t) => {
      const before = await countRows('vote');
      const { page } = await open(t, 'vote');
      let sent = 0;
      await page.route('**/api/tables/vote/rows', async (route) => {
        if (route.request().method() !== 'POST') return route.continue();
        sent += 1;
        const answered = await route.fetch();
        return sent === 1 ? route.abort('connectionreset') : route.fulfill({ response: answered });
      });
      await page.getByLabel('choice').fill('yes');
      await page.getByLabel('weight').fill('1');
      await page.getByRole('button', { name: 'POST' }).dblclick();
      const answer = page.getByLabel('Answer to POST');
      await answer.getByText('The row may or may not be recorded.').waitFor();
      assert.equal(sent, 1);
      await answer.getByRole('button', { name: 'Send it again' }).click();
      await answer.getByText('was acknowledged').waitFor();
      await waitUntil(async () => (await readFigure(page, 'ledger')) === before + 1, patienceMs);
      assert.equal(await countRows('vote'), before + 1);
    },
  );

  await whole.test('the state of the queue is that of the table, with its pause and its dead letters', async (t) => {
    const { page, complaints } = await open(t, 'vote');
    await untilSentence(page, 'All is well.');
    await ledger.query("ALTER TABLE vote ADD CONSTRAINT no_blank CHECK (choice <> 'blank')");
    await post('vote', { choice: 'blank', weight: 1 });
    await untilSentence(page, 'There are dead letters.');
    await page.getByText('npm run dead-letters -- list').waitFor();
    await page.locator('.of-queue').getByText('1 dead letter').waitFor();

    const connection = queue.connect();
    await pauseConsumers(connection, queue.name, 'vote');
    await untilSentence(page, 'This table is paused.');
    await page.getByLabel('Dead letters').getByText('npm run dead-letters -- list').waitFor();
    // Consumers look for a pause once in a while.
    await waitUntil(async () => {
      await post('vote', { choice: 'later', weight: 1 });
      return (await readFigure(page, 'queue')) > 0;
    }, patienceMs);
    await page.locator('.of-queue').getByText('oldest').waitFor();
    await assertAccessible(page);
    await page.getByLabel('Table').selectOption('sensor_reading');
    await untilSentence(page, 'All is well.');
    await page.getByLabel('Table').selectOption('vote');
    await resumeConsumers(connection, queue.name, 'vote');
    await page.getByRole('cell', { name: 'later' }).first().waitFor();

    await ledger.query('RENAME TABLE vote TO hidden');
    await untilSentence(page, 'The table cannot be read.');
    await ledger.query('RENAME TABLE hidden TO vote');
    await untilSentence(page, 'There are dead letters.');
    assertNoComplaint(complaints, true);
  });

  await whole.test('a hidden page reads no table', async (t) => {
    const { page, complaints } = await open(t, 'vote');
    await untilSentence(page, /./);
    let reads = 0;
    page.on('request', (request) => (reads += Number(request.url().includes('/api/tables'))));
    await waitUntil(() => reads > 2, patienceMs);
    await setVisibility(page, 'hidden');
    await page.waitForLoadState('networkidle');
    const before = reads;
    // An event of another page arrives each second. A page that reads on would have read by then.
    const { page: other } = await open(t, 'sensor_reading');
    let others = 0;
    other.on('request', (request) => (others += Number(request.url().includes('/api/tables'))));
    await waitUntil(() => others > 4, patienceMs);
    assert.equal(reads, before);
    await setVisibility(page, 'visible');
    await waitUntil(() => reads > before, patienceMs);
    assertNoComplaint(complaints);
  });

  await whole.test('an address with a table that is not declared says so, and offers the others', async (t) => {
    const { page, complaints } = await openPage(t, `${address}?table=poll`);
    await untilSentence(page, 'There is no such table.');
    await assertAccessible(page);
    await page.getByLabel('Table').selectOption('vote');
    await page.getByRole('heading', { name: 'Newest rows' }).waitFor();
    assertNoComplaint(complaints);
  });

  await whole.test('without a declared table there is no choice, under any address', async (t) => {
    const port = await findFreePort();
    await start('producer', { HTTP_PORT: String(port) });
    const { address: plain } = await serveConsole(t, [port]);
    const { page, complaints } = await openPage(t, `${plain}?table=vote`);
    await page.getByRole('heading', { name: 'Try it' }).waitFor();
    await untilSentence(page, 'All is well.');
    assert.equal(await page.getByLabel('Table').count(), 0);
    assertNoComplaint(complaints);
  });

  await whole.test('if reads need a token, the table is read and posted to with it', async (t) => {
    const token = 'let-me-in-'.repeat(4);
    const port = await findFreePort();
    await start('producer', { ...withTables, HTTP_PORT: String(port), API_TOKENS: token, API_TOKENS_FOR: 'all' });
    const { address: guarded } = await serveConsole(t, [port]);
    const { page, complaints } = await openPage(t, `${guarded}?table=vote`);
    await untilSentence(page, 'The API requires a token for reads.');
    await page.getByLabel('Bearer token').fill(token);
    await page.getByRole('button', { name: 'Use token' }).click();
    await page.getByRole('cell', { name: 'later' }).first().waitFor();
    await page.getByLabel('choice').fill('guarded');
    await page.getByLabel('weight').fill('2');
    await page.getByRole('button', { name: 'POST' }).click();
    await page.getByRole('cell', { name: 'guarded' }).waitFor();
    assertNoComplaint(ofPage(complaints));
  });
});
