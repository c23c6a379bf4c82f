import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { readAccess } from '@sluice/local/access.ts';
import { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { openPage } from './browser.ts';

// Every way in which a page can send a count without CORS permission, or read. It runs in the
// browser.
const attack = `async (api) => {
  const attempts = {
    read: () => fetch(api + '/count'),
    write: () =>
      fetch(api + '/count', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"count":1}',
      }),
    'read with a token': () => fetch(api + '/count', { headers: { authorization: 'Bearer x' } }),
  };
  const told = {};
  for (const [name, attempt] of Object.entries(attempts)) {
    told[name] = await attempt().then(
      () => 'answered',
      () => 'refused',
    );
  }
  const send = (body) =>
    fetch(api + '/count', { method: 'POST', mode: 'no-cors', body });
  await send('{"count":1}');
  await send(new Blob(['{"count":1}']));
  await send(new Blob(['{"count":1}'], { type: 'text/plain;application/json' }));
  await send(new Blob(['{"count":1}'], { type: 'application/json' })).catch(() => undefined);
  await send(new URLSearchParams({ count: '1' }));
  navigator.sendBeacon(api + '/count', new Blob(['{"count":1}'], { type: 'application/json' }));
  navigator.sendBeacon(api + '/count', '{"count":1}');
  const form = document.createElement('form');
  form.method = 'post';
  form.enctype = 'text/plain';
  form.action = api + '/count';
  form.target = 'elsewhere';
  const field = document.createElement('input');
  field.name = '{"count":1,"x":"';
  field.value = '"}';
  form.append(field);
  const frame = document.createElement('iframe');
  frame.name = 'elsewhere';
  document.body.append(frame, form);
  const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }));
  form.submit();
  await loaded;
  return told;
}`;

test('a page of another origin can neither write to nor read from a Sluice of npm start', async (t) => {
  const { start, address, queue, post } = await createPipeline(t);
  await start('producer', readAccess({}).environment);
  const foreign = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<p>A page</p>');
  }).listen(0, '127.0.0.1');
  await once(foreign, 'listening');
  t.after(() => foreign.close());
  t.after(() => foreign.closeAllConnections());
  const its = foreign.address();
  assert.ok(its !== null && typeof its === 'object');
  const { page } = await openPage(t, `http://localhost:${its.port}/`);

  const outcomes = await page.evaluate(`(${attack})(${JSON.stringify(address)})`);

  assert.deepEqual(outcomes, { read: 'refused', write: 'refused', 'read with a token': 'refused' });
  assert.equal(await queue.admin.xLen(queue.partition.stream), 0);
  // The producer serves clients that are not pages.
  await post(1);
  assert.equal(await queue.admin.xLen(queue.partition.stream), 1);
});
