import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { cacheControl, securityHeaders } from '@sluice/infra/page/page-headers.ts';
import { routePage } from '@sluice/infra/page/viewer-functions.ts';
import { servePage } from '@sluice/local/console/page-files.ts';

// CloudFront serves the page in an environment, and `npm start` on one machine. Both must look the
// same to browsers.

const folder = mkdtempSync(join(tmpdir(), 'sluice-page-headers-'));
mkdirSync(join(folder, 'assets'));
for (const file of ['index.html', 'assets/main-1.js']) writeFileSync(join(folder, file), 'x');
const server = createServer(servePage(folder)).listen(0, '127.0.0.1');
await once(server, 'listening');
after(() => {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true });
});

const ask = (path: string, accept: string): Promise<Response> => {
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return fetch(`http://127.0.0.1:${address.port}${path}`, { headers: { accept }, redirect: 'manual' });
};

// Headers that depend on the file or the connection.
const others = /^(connection|content-(length|type)|date|etag|keep-alive|vary)$/;

for (const [path, kept] of [
  ['/', cacheControl.page],
  ['/assets/main-1.js', cacheControl.assets],
] as const) {
  test(`${path} has the headers that CloudFront sends`, async () => {
    const { status, headers } = await ask(path, '*/*');
    assert.equal(status, 200);
    assert.deepEqual(Object.fromEntries([...headers].filter(([name]) => !others.test(name))), {
      ...securityHeaders,
      'cache-control': kept,
    });
  });
}

for (const [path, accept, leadsToThePage] of [
  ['/counts/17', 'text/html,application/xhtml+xml', true],
  ['/counts/17', 'application/json', false],
  ['/missing.png', 'image/png', false],
] as const) {
  test(`${path} with Accept: ${accept} gets ${leadsToThePage ? 'a redirect to the page' : '404'} from both`, async () => {
    const { status, headers } = await ask(path, accept);
    const answer = routePage({ request: { uri: path, headers: { accept: { value: accept } } } });
    if (leadsToThePage) {
      assert.deepEqual([status, headers.get('location')], [302, '/']);
      assert.deepEqual(answer, { statusCode: 302, statusDescription: 'Found', headers: { location: { value: '/' } } });
    } else {
      assert.equal(status, 404);
      // S3 has no such file and answers 404, if the caller may list the bucket.
      assert.ok('uri' in answer && answer.uri === path);
    }
  });
}
