import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test, type TestContext } from 'node:test';
import { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { assertAccessible, assertNoComplaint, openPage, patienceMs, untilSentence } from './browser.ts';
import { serveConsole } from './console.ts';

// Simulates a page translation: each text node is replaced by two elements.
const translate = `
  const wrap = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      if (node.textContent.trim() === '' || node.parentElement?.closest('font, script, style, svg')) return;
      const [outer, inner] = [document.createElement('font'), document.createElement('font')];
      inner.textContent = node.textContent;
      outer.append(inner);
      node.replaceWith(outer);
    } else {
      for (const child of [...node.childNodes]) wrap(child);
    }
  };
  const observer = new MutationObserver(() => {
    wrap(document.body);
    observer.takeRecords();
  });
  observer.observe(document.body, { subtree: true, childList: true, characterData: true });
  wrap(document.body);
`;

const open = async (t: TestContext, address: string, script = '') => {
  const opened = await openPage(t, 'about:blank');
  if (script !== '') await opened.page.addInitScript(script);
  await opened.page.goto(address);
  return opened;
};

test('the page survives what browsers do to it', async (whole) => {
  const { start, operate, environment } = await createPipeline(whole);
  await Promise.all([start('producer'), start('consumer')]);
  const { address } = await serveConsole(whole, [Number(environment['HTTP_PORT'])]);

  await whole.test('the page keeps working after a translation changed every text', async (t) => {
    const { page, complaints } = await open(t, address);
    await untilSentence(page, 'All is well.');
    await page.evaluate(translate);
    const answer = page.getByLabel('Answer to POST');
    for (const [text, expected] of [
      ['1.5', 'A count must be an integer'],
      ['71', 'Recorded and shown here after'],
      ['x', 'A count must be an integer'],
      ['72', 'Recorded and shown here after'],
    ] as const) {
      await page.getByRole('textbox').fill(text);
      await page.getByRole('button', { name: 'POST' }).click();
      await answer.getByText(expected).waitFor();
    }
    await page.getByRole('button', { name: 'GET' }).click();
    await page.getByLabel('Answer to GET').getByText('rows, latest').waitFor();
    await page.getByRole('cell', { name: '72', exact: true }).waitFor();
    await operate('consumers', 'pause');
    await page.locator('.status').getByText('npm run consumers -- resume').waitFor();
    await operate('consumers', 'resume');
    await untilSentence(page, 'All is well.');
    assertNoComplaint(complaints);
  });

  await whole.test('a page whose elements were removed shows an error, and a reload fixes it', async (t) => {
    const { page } = await open(t, address);
    await untilSentence(page, 'All is well.');
    // The rows may come after the first event.
    await page.locator('tbody tr').first().waitFor();
    await page.evaluate(`for (const part of document.querySelectorAll('tbody tr')) part.remove()`);
    // Not posted by the page: the first event after the removal may already have stopped it.
    const posted = await page.request.post(new URL('api/count', address).href, { data: { count: 70 } });
    assert.equal(posted.status(), 201);
    await page.getByText('The page failed.').waitFor();
    await page.getByText('NotFoundError').waitFor();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await assertAccessible(page);
    }
    await page.getByRole('button', { name: 'Reload' }).click();
    await untilSentence(page, 'All is well.');
  });

  await whole.test('an invalid locale of the browser or of Intl does not break the page', async (t) => {
    for (const language of ['en_US', 'C', 'x-klingon', 'en-US@posix', '']) {
      const { page, complaints } = await open(
        t,
        address,
        `Object.defineProperty(navigator, 'language', { configurable: true, value: '${language}' })`,
      );
      await untilSentence(page, 'All is well.');
      await page.locator('.uplot').first().waitFor();
      assertNoComplaint(complaints);
    }
    const { page, complaints } = await open(
      t,
      address,
      `for (const name of ['NumberFormat', 'DateTimeFormat']) {
        Intl[name] = new Proxy(Intl[name], { construct: (target, [locale, ...rest]) => {
          if (locale === undefined) throw new RangeError('Incorrect locale information provided');
          return new target(locale, ...rest);
        } });
      }`,
    );
    await untilSentence(page, 'All is well.');
    // uPlot reads its default locale from Intl; only the charts are lost.
    await page.getByText('The charts failed.').waitFor();
    assert.ok(!complaints.some((text) => text.startsWith('thrown')), complaints.join());
  });

  await whole.test('the page works without its charts and says what is missing', async (t) => {
    const released = await openPage(t, 'about:blank');
    await released.page.route('**/assets/chart-*.js', (route) => route.fulfill({ status: 404, body: 'gone' }));
    await released.page.goto(address);
    const { page: old } = await open(t, address, 'delete window.ResizeObserver');
    for (const page of [released.page, old]) {
      await page.getByText('The charts failed.').waitFor();
      await untilSentence(page, 'All is well.');
      await page.getByRole('button', { name: 'POST' }).click();
      await page.getByText('Recorded and shown here after').waitFor();
      await assertAccessible(page);
    }
  });

  await whole.test('the page works without missing or forbidden browser features', async (t) => {
    for (const script of [
      'delete AbortSignal.timeout',
      'delete window.BroadcastChannel',
      `navigator.locks.request = () => Promise.reject(new DOMException('Forbidden', 'SecurityError'))`,
      `for (const name of ['localStorage', 'sessionStorage', 'indexedDB'])
        Object.defineProperty(window, name, { get: () => { throw new DOMException('Forbidden', 'SecurityError'); } })`,
    ]) {
      const { page, complaints } = await open(t, address, script);
      await untilSentence(page, 'All is well.');
      await page.getByRole('button', { name: 'POST' }).click();
      await page.getByText('Recorded and shown here after').waitFor();
      assertNoComplaint(complaints);
    }
  });

  await whole.test('a page that cannot start shows an error', async (t) => {
    const { page } = await open(t, address, 'delete Intl.NumberFormat');
    await page.getByText(/The console could not start: .*NumberFormat/).waitFor();
    const { page: partial } = await openPage(t, 'about:blank');
    await partial.route('**/assets/index-*.js', (route) => route.abort());
    await partial.goto(address);
    await partial.getByText('Reload it, or update the browser').waitFor();
  });
});

test('a count that was not sent because all connections are in use is reported as not sent', async (t) => {
  const { start, environment } = await createPipeline(t);
  await Promise.all([start('producer'), start('consumer')]);
  const { address } = await serveConsole(t, [Number(environment['HTTP_PORT'])]);
  const { page } = await open(t, address);
  await untilSentence(page, 'All is well.');
  await page.evaluate(`
      window.taken = new AbortController();
      window.opened = 0;
      for (let taken = 0; taken < 6; taken += 1) {
        fetch('api/events', { signal: window.taken.signal, cache: 'no-store' }).then(
          () => (window.opened += 1),
          () => undefined,
        );
      }
      undefined;`);
  // The page's own stream is the sixth connection.
  await waitUntil(async () => (await page.evaluate('window.opened')) === 5, patienceMs);
  await page.getByRole('textbox').fill('73');
  await page.getByRole('button', { name: 'POST' }).click();
  await page.getByText('The count was not sent.').waitFor();
  await page.evaluate('window.taken.abort()');
  await page.getByRole('button', { name: 'Send 73 again' }).click();
  await page.getByText('Recorded and shown here after').waitFor();
});

/** Serves an API of another release, whose events are this text. */
const serveEvents = async (t: TestContext, data: string) => {
  const server = createServer((request, response) => {
    if (request.url !== '/events') return response.writeHead(404).end();
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(`data: ${data}\n\n`);
    return undefined;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  t.after(() => server.closeAllConnections());
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return serveConsole(t, [address.port]);
};

test('events of an older API are shown, and unreadable events are reported', async (t) => {
  const count = { rows_count: 12, latest_value: 1, hostname: 'older' };
  const queue = {
    waiting_batches: 0,
    oldest_age_ms: 0,
    in_flight_batches: 0,
    consumers: 1,
    dead_letters: 0,
    paused: false,
  };
  const { address: older } = await serveEvents(t, JSON.stringify({ count, queue }));
  const { page } = await openPage(t, older);
  await untilSentence(page, 'All is well.');
  for (const data of [
    'no JSON',
    '{}',
    '[]',
    'null',
    JSON.stringify({ count, queue: { ...queue, consumers: 'some' } }),
  ]) {
    const { address } = await serveEvents(t, data);
    const { page: other } = await openPage(t, address);
    await untilSentence(other, 'This page cannot read the events of the API.');
    await other.getByText('Reload the page').waitFor();
  }
});
