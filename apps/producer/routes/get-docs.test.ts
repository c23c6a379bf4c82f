import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { createOpenapi } from '@sluice/contract/openapi.ts';
import { assertAnswer, createTestServer } from '../test-server.test.ts';

test('the OpenAPI document is served as generated', async (t) => {
  const { ask } = createTestServer(t);
  const answer = await ask('getOpenapi');
  assertAnswer(t, 'getOpenapi', 200, answer);
  assert.deepEqual(JSON.parse(answer.body), createOpenapi());
});

test('the page is self-contained, and its policy allows only its own script and style', async (t) => {
  const { ask } = createTestServer(t);
  const answer = await ask('getDocs');
  assertAnswer(t, 'getDocs', 200, answer);
  const policy = String(answer.headers['content-security-policy']);
  assert.match(policy, /^default-src 'none'; /);
  assert.doesNotMatch(policy, /unsafe|https?:|\*/);
  for (const [tag, directive] of [
    ['style', 'style-src'],
    ['script', 'script-src'],
  ] as const) {
    const inline = [...answer.body.matchAll(new RegExp(`<${tag}\\b[^>]*>([^]*?)</${tag}>`, 'g'))];
    assert.equal(inline.length, 1);
    const [, source = ''] = inline[0] ?? [];
    assert.ok(source.length > 1_000);
    const hash = createHash('sha256').update(source).digest('base64');
    assert.ok(policy.includes(`${directive} 'sha256-${hash}'`));
  }
  assert.doesNotMatch(answer.body, /\b(?:src|style|on\w+)="|\burl\(|@import|https?:\/\//);
  const links = [...answer.body.matchAll(/\bhref="([^"]*)"/g)].map(([, href]) => href);
  assert.deepEqual(new Set(links), new Set(['data:,', 'openapi.json']));
});

test('HEAD of the page has its headers and no body', async (t) => {
  const { ask } = createTestServer(t);
  const { status, headers, body } = await ask('getDocs', { method: 'HEAD' });
  assert.deepEqual([status, body], [200, '']);
  assert.ok(Number(headers['content-length']) > 1_000);
});
