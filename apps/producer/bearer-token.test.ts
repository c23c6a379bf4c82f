import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTokenCheck } from './bearer-token.ts';
import { assertAnswer, connectTo, createTestServer, problemOf, readAnswer } from './test-server.test.ts';

const posts = [
  ['postCount', '{"count":1}'],
  ['postCounts', '{"counts":[1]}'],
] as const;
const isTokenValid = createTokenCheck(async () => ['first', 'second']);

for (const [name, body] of posts) {
  test(`${name} takes each of the tokens`, async (t) => {
    const { ask } = createTestServer(t, { isTokenValid });
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
      const { ask, enqueued, refused } = createTestServer(t, { isTokenValid });
      const headers = authorization === undefined ? undefined : { authorization };
      const answer = await ask(name, { ...(headers === undefined ? {} : { headers }), body });
      assertAnswer(t, name, 401, answer);
      assert.equal(problemOf(answer).code, 'unauthorized');
      assert.deepEqual([enqueued, refused], [[], ['unauthorized']]);
    });
  }
}

test('the token is asked for before the body is read', async (t) => {
  const bench = createTestServer(t, { isTokenValid });
  const socket = await connectTo(t, bench);
  socket.write(
    'POST /count HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: text/plain\r\ncontent-length: 9999999\r\n\r\n',
  );
  assertAnswer(t, 'postCount', 401, await readAnswer(socket));
});

test('reading and preflights need no token', async (t) => {
  const { server, ask } = createTestServer(t, { isTokenValid });
  assertAnswer(t, 'getCount', 200, await ask('getCount'));
  assert.equal((await server.inject({ method: 'OPTIONS', url: '/count' })).statusCode, 204);
});

test('where no tokens are configured none is needed, and any is passed over', async (t) => {
  const { ask } = createTestServer(t);
  assertAnswer(
    t,
    'postCount',
    201,
    await ask('postCount', { headers: { authorization: 'Bearer x' }, body: '{"count":1}' }),
  );
});

test('a token that was rotated away is refused from then on', async () => {
  let tokens = ['old'];
  const check = createTokenCheck(async () => tokens);
  assert.deepEqual([await check('old'), await check('new')], [true, false]);
  tokens = ['new'];
  assert.deepEqual([await check('old'), await check('new')], [false, true]);
});

test('an empty list lets nobody in', async () => {
  assert.equal(await createTokenCheck(async () => [])(''), false);
});

test('tokens that cannot be read let nobody in, and say so', async (t) => {
  const err = new Error('secret-arn');
  const { ask, enqueued, logged } = createTestServer(t, { isTokenValid: createTokenCheck(() => Promise.reject(err)) });
  const answer = await ask('postCount', { headers: { authorization: 'Bearer first' }, body: '{"count":1}' });
  assertAnswer(t, 'postCount', 503, answer);
  assert.equal(problemOf(answer).code, 'tokens_unavailable');
  assert.doesNotMatch(answer.body, /secret-arn/);
  assert.deepEqual(enqueued, []);
  assert.deepEqual(logged, [{ fields: { err }, message: 'could not read the tokens' }]);
});
