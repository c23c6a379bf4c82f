import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import type { BrowserContext, Page } from 'playwright-core';
import { assertNoComplaint, openPage, patienceMs, untilSentence, setVisibility } from './browser.ts';
import { serveConsole } from './console.ts';

const tabs = 8;

/** Tracks the open event streams of the pages of a browser. */
const watchStreams = (context: BrowserContext): ReadonlyMap<unknown, Page> => {
  const open = new Map<unknown, Page>();
  context.on('request', (request) => {
    if (request.url().endsWith('/api/events')) open.set(request, request.frame().page());
  });
  context.on('requestfinished', (request) => open.delete(request));
  context.on('requestfailed', (request) => open.delete(request));
  context.on('page', (page) => {
    const forget = () => {
      for (const [request, of] of open) if (of === page) open.delete(request);
    };
    page.on('close', forget);
    page.on('crash', forget);
  });
  return open;
};

const untilOneLeads = async (streams: ReadonlyMap<unknown, Page>): Promise<Page> => {
  await waitUntil(() => streams.size === 1, patienceMs);
  const [leader] = streams.values();
  assert.ok(leader !== undefined);
  return leader;
};

const openTab = async (context: BrowserContext, address: string): Promise<Page> => {
  const page = await context.newPage();
  await page.goto(address);
  await untilSentence(page, 'All is well.');
  return page;
};

/** Posts a count in one page and waits until another shows its row. */
const assertFlows = async (from: Page, to: Page, count: number) => {
  await from.getByRole('textbox', { name: 'A count' }).fill(String(count));
  await from.getByRole('button', { name: 'POST' }).click();
  await from.getByText('acknowledged in').waitFor();
  await to.getByRole('cell', { name: String(count), exact: true }).waitFor();
};

const startAll = async (t: TestContext, own: Readonly<Record<string, string>> = {}) => {
  const { start, environment } = await createPipeline(t);
  await Promise.all([start('producer', own), start('consumer')]);
  return serveConsole(t, [Number(environment['HTTP_PORT'])]);
};

test('any number of tabs share one event stream, whichever tab closes, and each can post', async (t) => {
  const { address } = await startAll(t);
  const { page: empty, context } = await openPage(t, 'about:blank');
  const streams = watchStreams(context);
  await empty.close();
  const pages: Page[] = [];
  for (let tab = 0; tab < tabs; tab += 1) pages.push(await openTab(context, address));
  let leader = await untilOneLeads(streams);
  const others = () => pages.filter((page) => page !== leader && !page.isClosed());
  const [first, second] = [others().at(0), others().at(-1)];
  assert.ok(first !== undefined && second !== undefined);
  await assertFlows(first, second, 501);

  // Closes the leader.
  await leader.close();
  leader = await untilOneLeads(streams);
  await assertFlows(leader, others()[0] ?? leader, 502);

  // Crashes the new leader.
  const crashing = await context.newCDPSession(leader);
  const crash = leader.waitForEvent('crash');
  void crashing.send('Page.crash').catch(() => undefined);
  await crash;
  pages.splice(pages.indexOf(leader), 1);
  leader = await untilOneLeads(streams);
  await assertFlows(leader, others()[0] ?? leader, 503);

  // Freezes the leader: it keeps its lock but sends nothing.
  const frozen = leader;
  const freezing = await context.newCDPSession(frozen);
  await freezing.send('Debugger.enable');
  await freezing.send('Debugger.pause');
  await waitUntil(() => [...streams.values()].some((page) => page !== frozen), patienceMs);
  const [one, two] = others();
  assert.ok(one !== undefined && two !== undefined);
  await untilSentence(one, 'All is well.');
  await assertFlows(one, two, 504);
  await freezing.send('Debugger.resume');
  await freezing.send('Debugger.disable');
  leader = await untilOneLeads(streams);
  assert.notEqual(leader, frozen);
  await assertFlows(frozen, one, 505);
});

test('a hidden tab holds no event stream, and is up to date when it is visible again', async (t) => {
  const { address } = await startAll(t);
  const { page, context, complaints } = await openPage(t, 'about:blank');
  const streams = watchStreams(context);
  await page.goto(address);
  await untilSentence(page, 'All is well.');
  await setVisibility(page, 'hidden');
  await waitUntil(() => streams.size === 0, patienceMs);
  await page.getByLabel('Connection').getByText('Connecting').waitFor();
  await setVisibility(page, 'visible');
  await untilSentence(page, 'All is well.');
  assert.equal(streams.size, 1);
  assertNoComplaint(complaints);
});

test('a tab shares its stream only with tabs that have its token', async (t) => {
  const tokens = ['let-me-in-', 'me-as-well'].map((text) => text.repeat(4));
  const { address } = await startAll(t, { API_TOKENS: tokens.join(','), API_TOKENS_FOR: 'all' });
  const { page: outside, context } = await openPage(t, 'about:blank');
  const streams = watchStreams(context);
  const enter = async (token: string) => {
    const page = await context.newPage();
    await page.goto(address);
    await untilSentence(page, 'The API requires a token for reads.');
    await page.getByLabel('Bearer token').fill(token);
    await page.getByRole('button', { name: 'Use token' }).click();
    return page;
  };
  const [first = '', second = ''] = tokens;
  for (const token of [first, first, second]) await untilSentence(await enter(token), 'All is well.');
  await waitUntil(() => streams.size === 2, patienceMs);
  await outside.goto(address);
  await untilSentence(outside, 'The API requires a token for reads.');
  const wrong = await enter('not-a-token-of-the-api-'.repeat(2));
  await untilSentence(wrong, 'The API refuses this token.');
  await untilSentence(outside, 'The API requires a token for reads.');
});

test('without Web Locks each visible tab has its own stream', async (t) => {
  const { address } = await startAll(t);
  const { page, context, complaints } = await openPage(t, 'about:blank');
  const streams = watchStreams(context);
  // Like a page that was loaded over plain HTTP from another machine.
  await context.addInitScript(`
    Object.defineProperty(navigator, 'locks', { value: undefined });
    Object.defineProperty(crypto, 'subtle', { value: undefined });`);
  await page.goto(address);
  await untilSentence(page, 'All is well.');
  await openTab(context, address);
  assert.equal(streams.size, 2);
  assertNoComplaint(complaints);
});
