import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { createProxy } from '@sluice/test-servers/proxy/proxy.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { assertNoComplaint, openPage, patienceMs, readFigure, untilSentence } from './browser.ts';
import { serveConsole } from './console.ts';

// The number of counts that the page sends, and the time limit for recording them on a slow
// machine.
const burstSize = 300_000;
const drainMs = 150_000;

/** Opens the console in a page and waits until all is well. */
const open = async (t: TestContext, address: string) => {
  const opened = await openPage(t, address);
  await untilSentence(opened.page, 'All is well.');
  return opened;
};

test('the console follows a pipeline', async (whole) => {
  const { start, post, operate, ledger, queue, environment } = await createPipeline(whole);
  const redis = await createProxy(whole, Number(environment['REDIS_PORT']));
  const mysql = await createProxy(whole, Number(environment['DB_PORT']));
  const throughProxies = { REDIS_PORT: String(redis.port), DB_PORT: String(mysql.port) };
  const [, consumer] = await Promise.all([start('producer', throughProxies), start('consumer', throughProxies)]);
  const { address } = await serveConsole(whole, [Number(environment['HTTP_PORT'])]);

  await whole.test('a posted count appears as a row within a second, without a reload', async (t) => {
    const { page, complaints } = await open(t, address);
    await page.getByText('No count is recorded yet').waitFor();
    const times: number[] = [];
    for (const count of [1_234_001, 1_234_002, 1_234_003]) {
      await page.getByRole('textbox').fill(String(count));
      times.push(
        await page.evaluate<number>(`new Promise((resolve) => {
        const startedAt = performance.now();
        const observer = new MutationObserver(() => {
          if (document.querySelector('.rows tbody td').textContent.replace(/\\D/g, '') !== '${count}') return;
          observer.disconnect();
          resolve(performance.now() - startedAt);
        });
        observer.observe(document.body, { subtree: true, childList: true, characterData: true });
        document.querySelector('button.main').click();
      })`),
      );
      await page.getByText('Recorded and shown here after').waitFor();
    }
    assert.ok(Math.min(...times) <= 1_000, `it took ${times.map(Math.round).join(', ')} ms`);
    t.diagnostic(`from the click to the row: ${times.map(Math.round).join(', ')} ms`);
    await waitUntil(async () => (await readFigure(page, 'ledger')) === 3, patienceMs);
    assert.deepEqual(await ledger.readCounts(), [1_234_001, 1_234_002, 1_234_003]);

    // An empty field sends the current time, as at the start.
    await page.getByRole('textbox').fill('');
    const before = Math.floor(Date.now() / 1000);
    await page.getByRole('button', { name: 'POST' }).click();
    await waitUntil(async () => (await ledger.readCounts()).length === 4, patienceMs);
    const [, , , posted = 0] = await ledger.readCounts();
    assert.ok(posted >= before && posted <= Date.now() / 1000);

    await page.getByRole('button', { name: 'GET' }).click();
    const answer = page.getByLabel('Answer to GET');
    await answer.getByText('JSON').click();
    assert.match(
      (await answer.locator('pre').textContent()) ?? '',
      /"rows_count": 4,\s+"latest_value": \d+,\s+"hostname": ".+"/,
    );
    assertNoComplaint(complaints);
  });

  await whole.test('a count whose answer is lost is recorded once when it is resent', async (t) => {
    const { page } = await open(t, address);
    let isLost = false;
    await page.route('**/api/count', async (route) => {
      if (isLost || route.request().method() !== 'POST') return route.continue();
      isLost = true;
      await route.fetch();
      return route.abort('connectionreset');
    });
    await page.getByRole('textbox').fill('99');
    await page.getByRole('button', { name: 'POST' }).click();
    await page.getByText('The count may or may not be recorded.').waitFor();
    await waitUntil(async () => (await ledger.readCounts()).includes(99), patienceMs);
    await page.getByRole('cell', { name: '99', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Send 99 again' }).click();
    await page.getByText('acknowledged in').waitFor();
    await page.getByText('Recorded and shown here after').waitFor();
    await waitUntil(async () => (await readFigure(page, 'queue')) === 0, patienceMs);
    assert.deepEqual(
      (await ledger.readCounts()).filter((count) => count === 99),
      [99],
    );
  });

  await whole.test(
    'while the database is unavailable the page says so and accepts counts, and then recovers',
    async (t) => {
      const { page, complaints } = await open(t, address);
      mysql.refuse(true);
      mysql.cut();
      await untilSentence(page, 'The database is unavailable.');
      await page.getByRole('textbox').fill('77');
      await page.getByRole('button', { name: 'POST' }).click();
      await page.getByText('acknowledged in').waitFor();
      await page.getByRole('button', { name: 'GET' }).click();
      await page.getByLabel('Answer to GET').getByText('503 Service Unavailable.').waitFor();

      mysql.refuse(false);
      await untilSentence(page, 'All is well.');
      await page.getByRole('cell', { name: '77', exact: true }).waitFor();
      assertNoComplaint(complaints, true);
    },
  );

  await whole.test(
    'while the queue is unavailable a count is refused with a problem, and resent later under the same key',
    async (t) => {
      const { page, complaints } = await open(t, address);
      redis.refuse(true);
      redis.cut();
      await untilSentence(page, 'The queue is unavailable.');
      await page.getByRole('textbox').fill('88');
      await page.getByRole('button', { name: 'POST' }).click();
      await page.getByLabel('Answer to POST').getByText('503 Service Unavailable.').waitFor();

      redis.refuse(false);
      await untilSentence(page, 'All is well.');
      await page.getByRole('button', { name: 'Send 88 again' }).click();
      await page.getByRole('cell', { name: '88', exact: true }).waitFor();
      assert.deepEqual(
        (await ledger.readCounts()).filter((count) => count === 88),
        [88],
      );
      assertNoComplaint(complaints, true);
    },
  );

  await whole.test('without a consumer the queue grows, and the page says so until one is back', async (t) => {
    const { page, complaints } = await open(t, address);
    const before = await ledger.readTotals();
    await consumer.end('SIGKILL');
    for (const count of [1, 2, 3]) await post(count);
    await waitUntil(async () => (await readFigure(page, 'queue')) === 3, patienceMs);
    // It counts as present for 30 s more. The page shows earlier that nothing is recorded.
    await untilSentence(page, /Nothing is being recorded\.|No consumer is running\./);
    await start('consumer', throughProxies);
    await untilSentence(page, 'All is well.');
    await waitUntil(async () => (await readFigure(page, 'ledger')) === before + 3, patienceMs);
    assertNoComplaint(complaints);
  });

  await whole.test(
    'a burst fills the queue while consumers are paused, the page says so, and it drains after the resume',
    async (t) => {
      const { page, complaints } = await open(t, address);
      const before = await ledger.readTotals();
      assert.equal((await operate('consumers', 'pause')).code, 0);
      await untilSentence(page, 'The consumers are paused.');
      await page.getByText('npm run consumers -- resume').waitFor();
      // Drops the answer to one of its requests.
      let sent = 0;
      await page.route('**/api/counts', async (route) => {
        sent += 1;
        if (sent !== 7) return route.continue();
        await route.fetch();
        return route.abort('connectionreset');
      });
      await page.getByRole('button', { name: 'Burst' }).click();
      const answer = page.getByLabel('Answer to the burst');
      await answer.getByText(/before the error\. [1-9]0,000 more may or may not have been accepted/).waitFor();
      // On a busy machine other requests may also miss their deadline. Each remainder can be sent
      // again.
      const resume = answer.getByRole('button', { name: 'Send the rest' });
      const isAcknowledged = async () => {
        if (await resume.isVisible()) await resume.click();
        return answer.getByText(/acknowledged in/).isVisible();
      };
      await waitUntil(isAcknowledged, drainMs);
      assert.ok(sent > 30, 'what was lost is sent again');
      await waitUntil(async () => (await readFigure(page, 'queue')) === 300, patienceMs);
      const level = async () => Number(await page.locator('.level').getAttribute('height'));
      assert.ok((await level()) > 30, 'the water stands no higher');

      assert.equal((await operate('consumers', 'resume')).code, 0);
      await waitUntil(async () => (await readFigure(page, 'ledger')) === before + burstSize, drainMs);
      await waitUntil(async () => (await readFigure(page, 'queue')) === 0, patienceMs);
      await untilSentence(page, 'All is well.');
      assert.ok((await level()) < 10, 'the water has not gone');
      assert.equal(await ledger.readTotals(), before + burstSize);
      assertNoComplaint(complaints, true);
    },
  );

  await whole.test('the page shows dead letters, with the command that lists them', async (t) => {
    const { page, complaints } = await open(t, address);
    await queue.admin.xAdd(queue.partition.stream, '*', { b: randomBytes(16).toString('hex'), v: '1,two' });
    await untilSentence(page, 'There are dead letters.');
    await page.getByText('npm run dead-letters -- list').waitFor();
    await page.locator('.of-queue').getByText('1 dead').waitFor();
    assertNoComplaint(complaints);
  });
});
