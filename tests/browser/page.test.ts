import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { assertAccessible, assertNoComplaint, openPage, untilSentence } from './browser.ts';
import { builtPage, serveConsole } from './console.ts';

const mostScriptBytes = 100_000;
// A tenth of the layout shift that Web Vitals rate as good. An inserted line of text shifts three
// times as much.
const mostShift = 0.01;

test('the page', async (whole) => {
  const { start, post, untilRecorded, ledger, environment } = await createPipeline(whole);
  await Promise.all([start('producer'), start('consumer')]);
  const producers = [Number(environment['HTTP_PORT'])];
  const { address } = await serveConsole(whole, producers);

  await whole.test('axe finds no problem in light or dark, with and without an outage', async (t) => {
    await post(1);
    await untilRecorded(1);
    const { page, complaints } = await openPage(t, address);
    await untilSentence(page, 'All is well.');
    await page.getByRole('button', { name: 'GET' }).click();
    await page.getByRole('textbox').fill('1.5');
    await page.getByRole('button', { name: 'POST' }).click();
    await page.getByText('A count must be an integer').waitFor();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await assertAccessible(page);
    }
    assertNoComplaint(complaints);

    const { address: lonely } = await serveConsole(t, []);
    const { page: inTrouble } = await openPage(t, lonely);
    await untilSentence(inTrouble, 'The API is unavailable.');
    for (const colorScheme of ['light', 'dark'] as const) {
      await inTrouble.emulateMedia({ colorScheme });
      await assertAccessible(inTrouble);
    }
  });

  await whole.test('on a phone nothing is wider than the screen, and nothing shifts after loading', async (t) => {
    for (const viewport of [
      { width: 320, height: 640 },
      { width: 390, height: 844 },
      { width: 1280, height: 900 },
      { width: 2200, height: 1200 },
    ]) {
      const { page, complaints } = await openPage(t, 'about:blank', { viewport });
      await page.addInitScript(`window.shifts = [];
      new PerformanceObserver((list) => window.shifts.push(...list.getEntries()
          .map(({ value, sources }) => ({ value, of: sources.map(({ node }) => node?.className || node?.nodeName) }))))
        .observe({ type: 'layout-shift', buffered: true });`);
      await page.goto(address);
      await untilSentence(page, 'All is well.');
      await post(9_007_199_254_740_991);
      await page.getByRole('cell', { name: '9,007,199,254,740,991' }).first().waitFor();
      const [width = 0, inner = 0] = await page.evaluate<number[]>(
        '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
      );
      assert.ok(width <= inner, `${width} px of content on ${inner} px`);
      const shifts = await page.evaluate<{ value: number }[]>('shifts');
      const shifted = shifts.reduce((sum, { value }) => sum + value, 0);
      assert.ok(shifted < mostShift, `at ${viewport.width} px: ${JSON.stringify(shifts)}`);
      assertNoComplaint(complaints);
    }
  });

  await whole.test('the longest ids and values fit into the table, with the date', async (t) => {
    await ledger.query('ALTER TABLE `count` AUTO_INCREMENT = 9000000000000000000');
    await post(-9_007_199_254_740_991);
    for (const width of [320, 390, 1280]) {
      const { page } = await openPage(t, address, { viewport: { width, height: 844 }, timezoneId: 'UTC' });
      await page.getByRole('cell', { name: '-9,007,199,254,740,991' }).first().waitFor();
      const wide = await page.evaluate(`[...document.querySelectorAll('.rows :is(th, td)')]
        .filter((cell) => cell.scrollWidth > cell.clientWidth).map((cell) => cell.textContent)`);
      assert.deepEqual(wide, [], `at ${width} px`);
      const [row] = await ledger.query('SELECT CAST(UTC_DATE() AS CHAR) AS today');
      const day = new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeZone: 'UTC' }).format(
        new Date(String(row?.['today'])),
      );
      await page.locator('.rows time').first().getByText(day).waitFor();
    }
  });

  await whole.test('the script of the first load is at most 100 kB gzipped', async (t) => {
    const folder = await builtPage();
    // Only the initial scripts: the charts are loaded later.
    const page = readFileSync(join(folder, 'index.html'), 'utf8');
    const files = globSync('**/*.js', { cwd: folder }).filter((file) => page.includes(basename(file)));
    const sizes = files.map((file) => readFileSync(join(folder, `${file}.gz`)).length);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    t.diagnostic(`${total} bytes`);
    assert.ok(total > 0 && total <= mostScriptBytes, `${total} bytes`);
  });

  await whole.test('the page works under any path, and its policy allows nothing inline', async (t) => {
    const { address: elsewhere } = await serveConsole(t, producers, '/some/where');
    const answer = await fetch(elsewhere);
    const policy = answer.headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe|http|data:/);
    await answer.text();
    const { page, complaints } = await openPage(t, elsewhere);
    await untilSentence(page, 'All is well.');
    await page.getByRole('button', { name: 'POST' }).click();
    await page.getByText('Recorded and shown here after').waitFor();
    assertNoComplaint(complaints);
  });

  await whole.test('a browser with an invalid language tag shows the page', async (t) => {
    const { page, complaints } = await openPage(t, 'about:blank');
    // The language of Chromium in the POSIX locale.
    await page.addInitScript(
      `Object.defineProperty(navigator, 'language', { configurable: true, value: 'en-US@posix' })`,
    );
    await page.goto(address);
    await untilSentence(page, 'All is well.');
    assertNoComplaint(complaints);
  });

  await whole.test('invalid input is refused before it is sent', async (t) => {
    const before = await ledger.readCounts();
    const { page, complaints } = await openPage(t, address);
    await untilSentence(page, 'All is well.');
    const field = page.getByRole('textbox');
    for (const [text, fault] of [
      ['1.5', 'A count must be an integer'],
      ['many', 'A count must be an integer'],
      ['9007199254740992', 'A count must be between'],
    ] as const) {
      await field.fill(text);
      await field.press('Enter');
      await page.getByLabel('Answer to POST').getByText(fault).waitFor();
      assert.equal(await field.getAttribute('aria-invalid'), 'true');
    }
    assert.deepEqual(await ledger.readCounts(), before);
    assertNoComplaint(complaints);
  });

  await whole.test('if POSTs need a token, the page asks for it and posts with it', async (t) => {
    const port = await findFreePort();
    await start('producer', { HTTP_PORT: String(port), API_TOKENS: 'let-me-in-'.repeat(4) });
    const { address: guarded } = await serveConsole(t, [port]);
    const { page, complaints } = await openPage(t, guarded);
    await untilSentence(page, 'All is well.');
    const answer = page.getByLabel('Answer to POST');
    await page.getByRole('button', { name: 'POST' }).click();
    await answer.getByText(/^401 /).waitFor();
    await assertAccessible(page);
    await page.getByLabel('Bearer token').fill('let-me-in-'.repeat(4));
    await page.getByRole('button', { name: 'POST' }).click();
    await answer.getByText('Recorded and shown here after').waitFor();
    // The browser itself logs refused requests.
    assertNoComplaint(complaints.filter((text) => !text.includes('status of 401')));
  });
});
