import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Work } from '../cli/command.ts';
import { CommandError } from '../cli/explain.ts';
import { smokeTest, type Access } from './smoke-test.ts';

const token = 'a-token-of-more-than-thirty-two-characters';
const open: Access = { api: { access: 'open' } };
const closed = (tokensFor: 'writes' | 'all'): Access => ({ api: { access: 'tokens', tokensFor }, token });

/**
 * Starts an environment as CloudFront shows it: the page, and an API that records a count after
 * some GETs.
 */
const startEnvironment = async (
  context: TestContext,
  { page = 'this release', getsUntilRecorded = 2, isRecording = true, closedFor = 'nothing' },
) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-page-'));
  writeFileSync(join(folder, 'index.html'), 'this release');
  let rows = 7;
  let posts = 0;
  let getsLeft = Number.POSITIVE_INFINITY;
  const server = createServer((request, response) => {
    if (request.url === '/') return response.end(page);
    const isClosed = closedFor === 'all' || (closedFor === 'writes' && request.method === 'POST');
    if (isClosed && request.headers.authorization !== `Bearer ${token}`) return response.writeHead(401).end('{}');
    if (request.method === 'POST') {
      // Counts have a key. A malformed request is refused and not recorded.
      if (request.headers['idempotency-key'] === undefined) return response.writeHead(422).end('{}');
      posts += 1;
      getsLeft = getsUntilRecorded;
      return response.writeHead(201).end('{}');
    }
    getsLeft -= 1;
    if (getsLeft === 0 && isRecording) rows += 1;
    return response.end(JSON.stringify({ rows_count: rows, latest_value: 1, hostname: 'one' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return { address: `http://127.0.0.1:${address.port}`, folder, posts: () => posts };
};

const createWork = () => {
  const lines: string[] = [];
  const nothing = () => undefined;
  const progress = {
    step: nothing,
    warn: nothing,
    status: nothing,
    clear: nothing,
    line: (text: string) => lines.push(text),
  };
  const work: Work = { progress, signal: new AbortController().signal, pollMs: 1 };
  return { work, lines };
};

test('loads the page, posts one count, and waits until it is recorded', async (context) => {
  const environment = await startEnvironment(context, {});
  const { work, lines } = createWork();
  await smokeTest(work, environment.address, environment.folder, open);
  assert.deepEqual(lines, ['✓ the page is the one of this release', '✓ a count was posted and recorded']);
  assert.equal(environment.posts(), 1);
});

test('a page of another release and an unrecorded count each fail with the last response', async (context) => {
  const old = await startEnvironment(context, { page: 'another release' });
  await assert.rejects(smokeTest(createWork().work, old.address, old.folder, open), (error: unknown) => {
    assert.ok(error instanceof CommandError);
    assert.match(error.message, /The page: timeout after 5 min; 200 another release/);
    return true;
  });
  const silent = await startEnvironment(context, { isRecording: false });
  await assert.rejects(
    smokeTest(createWork().work, silent.address, silent.folder, open),
    /The posted count: timeout after/,
  );
});

for (const tokensFor of ['writes', 'all'] as const) {
  test(`sends the token to a closed API, never prints it, and checks that requests without it are refused (${tokensFor})`, async (context) => {
    const environment = await startEnvironment(context, { closedFor: tokensFor });
    const { work, lines } = createWork();
    await smokeTest(work, environment.address, environment.folder, closed(tokensFor));
    assert.deepEqual(lines, [
      '✓ the page is the one of this release',
      '✓ requests without a token are refused',
      '✓ a count was posted and recorded',
    ]);
    assert.equal(environment.posts(), 1);
    assert.ok(!lines.join().includes(token));
  });
}

test('an API that should be closed and is open fails with its response, before a count is posted', async (context) => {
  for (const [is, should, what] of [
    ['nothing', 'writes', /POST \/count without a token: timeout after 5 min; 422/],
    ['writes', 'all', /GET \/count without a token: timeout after 5 min; 200/],
  ] as const) {
    const environment = await startEnvironment(context, { closedFor: is });
    await assert.rejects(
      smokeTest(createWork().work, environment.address, environment.folder, closed(should)),
      (error: unknown) => {
        assert.ok(error instanceof CommandError);
        assert.match(error.message, what);
        assert.ok(!error.message.includes(token));
        return true;
      },
    );
    assert.equal(environment.posts(), 0);
  }
});
