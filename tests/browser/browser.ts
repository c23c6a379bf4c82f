import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { testFile } from '@sluice/test-servers/test-file.ts';
import axe from 'axe-core';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { findChromium } from './find-chromium.ts';

let browser: Promise<Browser> | undefined;

/** Launches one Chromium for all tests of a file. */
const launch = (): Promise<Browser> => {
  if (browser === undefined) {
    const launched = chromium.launch({ executablePath: findChromium(), timeout: 60_000 });
    browser = launched;
    testFile.after(async () => (await launched).close());
  }
  return browser;
};

/** The maximum wait in ms where no time limit is documented. */
export const patienceMs = 60_000;

/**
 * Opens the page in a browser context without storage or cache. Collects its errors, warnings and
 * policy violations in `complaints`.
 */
export const openPage = async (test: TestContext, address: string, options: BrowserContextOptions = {}) => {
  const context = await (
    await launch()
  ).newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-US', ...options });
  test.after(() => context.close());
  context.setDefaultTimeout(patienceMs);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`thrown: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(`console: ${message.text()}`);
  });
  await page.exposeFunction('tellViolation', (text: string) => complaints.push(`policy: ${text}`));
  await page.addInitScript(`document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
    window.tellViolation(violatedDirective + ' ' + blockedURI))`);
  await page.goto(address);
  return { page, context, complaints };
};

/** Waits until the sentence at the top matches. */
export const untilSentence = async (page: Page, sentence: string | RegExp): Promise<void> => {
  await page.locator('.sentence').filter({ hasText: sentence }).waitFor();
};

/** Reads a figure of the picture as a number; NaN while it is unknown. */
export const readFigure = async (page: Page, of: 'queue' | 'gate' | 'ledger'): Promise<number> => {
  const text = (await page.locator(`.of-${of} .number`).textContent()) ?? '';
  return /\d/.test(text) ? Number(text.replaceAll(/\D/g, '')) : Number.NaN;
};

/**
 * Fails when the page threw, logged an error or violated its policy. `isServerAway`: ignores the
 * `net::` and 50x errors that the browser logs while a server is unavailable.
 */
export const assertNoComplaint = (complaints: readonly string[], isServerAway = false): void => {
  const ofPage = complaints.filter((text) => !(isServerAway && /net::ERR_|status of 50\d/.test(text)));
  assert.deepEqual(ofPage, []);
};

/** Simulates a hidden or visible page, since the test browser hides none. */
export const setVisibility = (page: Page, state: 'hidden' | 'visible') =>
  page.evaluate(`
    Object.defineProperty(document, 'visibilityState', { configurable: true, value: '${state}' });
    document.dispatchEvent(new Event('visibilitychange'));
  `);

type AxeResult = { violations: { id: string; nodes: { target: unknown }[] }[] };

/** Fails when a rule of axe reports a violation on the page. */
export const assertAccessible = async (page: Page): Promise<void> => {
  await page.evaluate(axe.source);
  // The color transitions are over, so the colors that axe measures are stable.
  const { violations } = await page.evaluate<AxeResult>('axe.run()');
  assert.deepEqual(
    violations.map(({ id, nodes }) => [id, nodes.map(({ target }) => target)]),
    [],
  );
};

/** Fails when the page is wider than its window. */
export const assertFits = async (page: Page): Promise<void> => {
  const [width = 0, inner = 0] = await page.evaluate<number[]>(
    '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
  );
  assert.ok(width <= inner, `${width} px of content on ${inner} px`);
};
