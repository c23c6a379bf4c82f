import { test } from 'node:test';
import { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { assertAccessible, assertNoComplaint, openPage, untilSentence } from './browser.ts';
import { serveConsole } from './console.ts';

const first = 'let-me-in-'.repeat(4);
const second = 'new-token-'.repeat(4);

test('if reads need a token, the page asks for it, reports a refused one, and follows events with it', async (t) => {
  const { start, environment } = await createPipeline(t);
  const startProducer = (token: string) => start('producer', { API_TOKENS: token, API_TOKENS_FOR: 'all' });
  const [producer] = await Promise.all([startProducer(first), start('consumer')]);
  const { address } = await serveConsole(t, [Number(environment['HTTP_PORT'])]);
  const { page, complaints } = await openPage(t, address);
  const field = page.getByLabel('Bearer token');
  const enter = async (token: string) => {
    await field.fill(token);
    await field.press('Enter');
  };

  await untilSentence(page, 'The API requires a token for reads.');
  await page.getByLabel('Connection').getByText('Token required').waitFor();
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await assertAccessible(page);
  }

  // The second token cannot be sent in a header.
  for (const wrong of [second, 'größer\n€'.repeat(8)]) {
    await enter(wrong);
    await untilSentence(page, 'The API refuses this token.');
    await assertAccessible(page);
    await enter('');
    await untilSentence(page, 'The API requires a token for reads.');
  }

  await enter(` ${first}`);
  await untilSentence(page, 'All is well.');
  await field.waitFor({ state: 'detached' });
  await page.getByRole('textbox').fill('606');
  await page.getByRole('button', { name: 'POST' }).click();
  await page.getByText('Recorded and shown here after').waitFor();
  await page.getByRole('cell', { name: '606', exact: true }).waitFor();
  await page.getByRole('button', { name: 'GET' }).click();
  await page.getByLabel('Answer to GET').getByText('1 rows, latest').waitFor();

  // Each new connection sends the token, until the API accepts only another one.
  await producer.end('SIGTERM');
  await untilSentence(page, 'The API is unavailable.');
  const again = await startProducer(first);
  await untilSentence(page, 'All is well.');
  await again.end('SIGTERM');
  await startProducer(second);
  await untilSentence(page, 'The API refuses this token.');
  await page
    .getByLabel('Connection')
    .getByText(/Token required · stale since \d/)
    .waitFor();
  await enter(second);
  await untilSentence(page, 'All is well.');

  // The browser itself logs refused requests.
  assertNoComplaint(
    complaints.filter((text) => !text.includes('status of 401')),
    true,
  );
});
