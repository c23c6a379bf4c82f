import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { routes } from '@sluice/contract/routes.ts';
import { createTokenCheck, type TokenGuard } from './bearer-token.ts';
import { assertAnswer, connectTo, createTestServer, problemOf, readAnswer } from '../test-server.test.ts';

const posts = [
  ['postCount', '{"count":1}'],
  ['postCounts', '{"counts":[1]}'],
] as const;
const isTokenValid = createTokenCheck(async () => ['first', 'second']);
const ofWrites: TokenGuard = { isTokenValid, tokensFor: 'writes' };
const ofAll: TokenGuard = { isTokenValid, tokensFor: 'all' };

for (const [name, body] of posts) {
  test(`${name} accepts each of the tokens`, async (t) => {
    const { ask } = createTestServer(t, { tokenGuard: ofWrites });
    for (const authorization of ['Bearer first', 'Bearer second', 'bearer  first']) {
      assertAnswer(t, name, 201, await ask(name, { headers: { authorization }, body }));
    }
  });

  for (const authorization of [
    undefined,
    '',
    'Bearer',
    'Bearer third',
    'Bearer firs',
    'Bearer first second',
    'Basic first',
    'first',
  ]) {
    test(`${name} with the authorization ${authorization} is a 401`, async (t) => {
      const { ask, enqueued, refused } = createTestServer(t, { tokenGuard: ofWrites });
      const headers = authorization === undefined ? undefined : { authorization };
      const answer = await ask(name, { ...(headers === undefined ? {} : { headers }), body });
      assertAnswer(t, name, 401, answer);
      assert.equal(problemOf(answer).code, 'unauthorized');
      assert.deepEqual([enqueued, refused], [[], ['unauthorized']]);
    });
  }
}

test('the token is checked before the body is read', async (t) => {
  const bench = createTestServer(t, { tokenGuard: ofWrites });
  const socket = await connectTo(t, bench);
  socket.write(
    'POST /count HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: text/plain\r\ncontent-length: 9999999\r\n\r\n',
  );
  assertAnswer(t, 'postCount', 401, await readAnswer(socket));
});

const reads = ['getCount', 'getCounts', 'getTables', 'getQueue', 'getEvents'] as const;
const open = ['root', 'health', 'ready', 'getOpenapi', 'getDocs'] as const;
/** Returns the spellings of a path that lead to its route. */
const waysTo = (path: string): string[] => [
  path,
  `${path}?limit=1`,
  `${path}?token=first`,
  `${path}#count`,
  path.replace('c', '%63'),
  `http://elsewhere${path}`,
];

test('with API_TOKENS_FOR=writes, reads and preflights need no token', async (t) => {
  const { server, ask } = createTestServer(t, { tokenGuard: ofWrites });
  for (const name of reads) assert.equal((await ask(name, { method: 'HEAD' })).status, 200, name);
  for (const name of open) assert.equal((await ask(name)).status, 200, name);
  assert.equal((await server.inject({ method: 'OPTIONS', url: '/count' })).statusCode, 204);
});

test('with API_TOKENS_FOR=all, each read needs a token, and routes without data need none', async (t) => {
  const { server, ask, refused } = createTestServer(t, { tokenGuard: ofAll });
  for (const name of reads) {
    assertAnswer(t, name, 401, await ask(name));
    assertAnswer(t, name, 401, await ask(name, { headers: { authorization: 'Bearer third' } }));
    assert.equal((await ask(name, { method: 'HEAD', headers: { authorization: 'Bearer second' } })).status, 200, name);
    for (const method of ['GET', 'HEAD'] as const) {
      for (const url of waysTo(routes[name].path)) {
        const { statusCode } = await server.inject({ method, url });
        assert.equal(statusCode, 401, `${method} ${url}`);
      }
    }
  }
  assert.deepEqual(new Set(refused), new Set(['unauthorized']));
  for (const name of ['getCount', 'getCounts', 'getQueue'] as const)
    assertAnswer(t, name, 200, await ask(name, { headers: { authorization: 'Bearer first' } }));
  for (const [name, body] of posts) assertAnswer(t, name, 401, await ask(name, { body }));
  for (const name of open) assert.equal((await ask(name)).status, 200, name);
  assert.equal((await server.inject({ method: 'OPTIONS', url: '/count' })).statusCode, 204);
});

test('a guarded event stream does not start without a token', async (t) => {
  const bench = createTestServer(t, { tokenGuard: ofAll });
  const refused = await connectTo(t, bench);
  refused.write('GET /events HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  assertAnswer(t, 'getEvents', 401, await readAnswer(refused));
  const taken = await connectTo(t, bench);
  taken.write('GET /events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer first\r\n\r\n');
  const [head] = await once(taken, 'data');
  assert.match(String(head), /^HTTP\/1\.1 200 /);
});

test('without configured tokens none is needed, and any is ignored', async (t) => {
  const { ask } = createTestServer(t);
  assertAnswer(
    t,
    'postCount',
    201,
    await ask('postCount', { headers: { authorization: 'Bearer x' }, body: '{"count":1}' }),
  );
});

test('a removed token is refused from then on', async () => {
  let tokens = ['old'];
  const check = createTokenCheck(async () => tokens);
  assert.deepEqual([await check('old'), await check('new')], [true, false]);
  tokens = ['new'];
  assert.deepEqual([await check('old'), await check('new')], [false, true]);
});

test('an empty list of tokens refuses every request', async () => {
  assert.equal(await createTokenCheck(async () => [])(''), false);
});

test('a defect in reading tokens refuses every request with 500, not 503', async (t) => {
  const { ask, enqueued } = createTestServer(t, {
    tokenGuard: { isTokenValid: createTokenCheck(() => Promise.reject(new TypeError('a defect'))), tokensFor: 'all' },
  });
  const answer = await ask('postCount', { headers: { authorization: 'Bearer first' }, body: '{"count":1}' });
  assert.equal(answer.status, 500);
  assert.deepEqual(enqueued, []);
});

test('unreadable tokens refuse every request with 503 and a log line', async (t) => {
  const err = new Error('secret-arn');
  const { ask, enqueued, logged } = createTestServer(t, {
    tokenGuard: { isTokenValid: createTokenCheck(() => Promise.reject(err)), tokensFor: 'all' },
  });
  const answer = await ask('postCount', { headers: { authorization: 'Bearer first' }, body: '{"count":1}' });
  assertAnswer(t, 'postCount', 503, answer);
  assert.equal(problemOf(answer).code, 'tokens_unavailable');
  assert.doesNotMatch(answer.body, /secret-arn/);
  assert.deepEqual(enqueued, []);
  assert.deepEqual(logged, [{ fields: { err }, message: 'could not read the tokens' }]);
  assertAnswer(t, 'getCount', 503, await ask('getCount', { headers: { authorization: 'Bearer first' } }));
});
