import { test } from 'node:test';
import { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { createProxy } from '@sluice/test-servers/proxy.ts';
import { assertNoComplaint, openPage, untilSentence } from './browser.ts';
import { serveConsole } from './console.ts';

test('an event stream that is cut is taken up again, and meanwhile the page says since when it is stale', async (t) => {
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
  await untilSentence(page, 'No word from the API.');
  proxy.refuse(false);
  await connection.getByText('Live').waitFor();
  await post(555);
  await page.getByRole('cell', { name: '555', exact: true }).waitFor();

  // Nobody tells the browser that nothing comes any more.
  proxy.silence('both');
  await connection.getByText(/Reconnecting/).waitFor();
  await connection.getByText('Live').waitFor();

  await context.setOffline(true);
  await untilSentence(page, 'This browser is offline.');
  await context.setOffline(false);
  await untilSentence(page, 'All is well.');
  assertNoComplaint(complaints, true);
});
