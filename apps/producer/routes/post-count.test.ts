import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAnswer, connectTo, createTestServer, hostname, problemOf, readAnswer } from '../test-server.test.ts';

test('a count is acknowledged after the queue has acknowledged it', async (t) => {
  const accepted: number[] = [];
  const { ask, enqueued } = createTestServer(t, { onAccepted: (counts) => accepted.push(counts) });
  const answer = await ask('postCount', { body: '{"count":1700000000}' });
  assertAnswer(t, 'postCount', 201, answer);
  assert.deepEqual(JSON.parse(answer.body), { message: 'Value added to Redis queue', value: 1_700_000_000, hostname });
  assert.deepEqual(enqueued, [{ counts: [1_700_000_000], key: undefined }]);
  assert.deepEqual(accepted, [1]);
});

for (const [text, value] of [
  ['0', 0],
  ['-0', -0],
  ['1.0', 1],
  ['1e3', 1000],
  ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ['-9007199254740991', Number.MIN_SAFE_INTEGER],
] as const) {
  test(`the count ${text} is accepted`, async (t) => {
    const { ask, enqueued } = createTestServer(t);
    assertAnswer(t, 'postCount', 201, await ask('postCount', { body: `{"count":${text}}` }));
    assert.deepEqual(enqueued[0]?.counts, [value]);
  });
}

for (const [body, pointer] of [
  ['{"count":1.5}', '#/count'],
  ['{"count":"1"}', '#/count'],
  ['{"count":true}', '#/count'],
  ['{"count":null}', '#/count'],
  ['{"count":[1]}', '#/count'],
  ['{"count":9007199254740992}', '#/count'],
  ['{"count":-9007199254740992}', '#/count'],
  ['{"count":1e400}', '#/count'],
  ['{}', '#/count'],
  ['{"count":1,"more":2}', '#/more'],
  ['{"count":1,"count":2}', '#/count'],
  ['{"count":1,"c\\u006funt":1}', '#/count'],
  ['{"count":1,"a/b~c\\ud800":2}', '#/a~1b~0c%EF%BF%BD'],
  ['{"count":1,"__proto__":{"count":1}}', '#/__proto__'],
  ['{"__proto__":{"count":1}}', '#/count'],
  ['{"count":1,"constructor":{"prototype":{}}}', '#/constructor'],
  ['[1]', '#'],
  ['7', '#'],
  ['null', '#'],
] as const) {
  test(`the body ${body} is refused with the place of the error`, async (t) => {
    const { ask, enqueued, refused } = createTestServer(t);
    const answer = await ask('postCount', { body });
    assertAnswer(t, 'postCount', 400, answer);
    const { code, errors } = problemOf(answer);
    assert.deepEqual([code, errors?.[0]?.pointer], ['invalid_request', pointer]);
    assert.deepEqual(enqueued, []);
    assert.deepEqual(refused, ['invalid_request']);
  });
}

for (const body of [
  '',
  ' ',
  '{',
  '{"count":1',
  'count=1',
  '{"count":NaN}',
  '{"count":01}',
  '{"count":1}{"count":2}',
  '\0',
  '1,2',
]) {
  test(`the body ${JSON.stringify(body)} is refused as invalid JSON`, async (t) => {
    const { ask } = createTestServer(t);
    const answer = await ask('postCount', { body });
    assertAnswer(t, 'postCount', 400, answer);
    assert.equal(problemOf(answer).code, 'invalid_json');
  });
}

test('a POST without body and content type is refused because it is not an object', async (t) => {
  const { ask, server } = createTestServer(t);
  const { statusCode: status, ...answer } = await server.inject({ method: 'POST', url: '/count' });
  assertAnswer(t, 'postCount', 400, { status, ...answer });
  assert.equal(problemOf({ status, ...answer }).errors?.[0]?.pointer, '#');
  assertAnswer(t, 'postCount', 400, await ask('postCount'));
});

test('a wrong Content-Length is refused', async (t) => {
  const bench = createTestServer(t);
  const socket = await connectTo(t, bench);
  socket.end(
    'POST /count HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 12\r\n\r\n{"count":1}',
  );
  assert.equal((await readAnswer(socket)).status, 400);
  assert.deepEqual(bench.enqueued, []);
});

test('JSON of the maximum depth that fits a body is refused', async (t) => {
  const { ask } = createTestServer(t);
  for (const body of [
    `${'['.repeat(2_048)}${']'.repeat(2_048)}`,
    `{"count":${'{"a":'.repeat(680)}1${'}'.repeat(680)}}`,
  ]) {
    assertAnswer(t, 'postCount', 400, await ask('postCount', { body }));
  }
});

test('a byte order mark before the body is ignored', async (t) => {
  const { ask } = createTestServer(t);
  assertAnswer(t, 'postCount', 201, await ask('postCount', { body: '\ufeff{"count":1}' }));
});

for (const type of [
  'application/json; charset=utf-8',
  'Application/JSON;charset="UTF-8"',
  'application/json; charset=us-ascii; x=y',
]) {
  test(`a body of the type ${type} is accepted`, async (t) => {
    const { ask } = createTestServer(t);
    assertAnswer(
      t,
      'postCount',
      201,
      await ask('postCount', { headers: { 'content-type': type }, body: '{"count":1}' }),
    );
  });
}

for (const headers of [
  { 'content-type': 'text/plain' },
  { 'content-type': 'application/x-www-form-urlencoded' },
  { 'content-type': 'application/x-ndjson' },
  { 'content-type': 'application/jsonp' },
  { 'content-type': 'json' },
  { 'content-type': '' },
  { 'content-type': 'application/json; charset=utf-16' },
  { 'content-type': 'application/json', 'content-encoding': 'gzip' },
]) {
  test(`a body with ${JSON.stringify(headers)} is refused`, async (t) => {
    const { ask, enqueued } = createTestServer(t);
    const answer = await ask('postCount', { headers, body: '{"count":1}' });
    assertAnswer(t, 'postCount', 415, answer);
    assert.equal(problemOf(answer).code, 'unsupported_media_type');
    assert.deepEqual(enqueued, []);
  });
}

test('a body of 4,096 bytes is accepted, a body of 4,097 bytes refused', async (t) => {
  const { ask } = createTestServer(t);
  const body = `{"count":1${' '.repeat(4_096 - 11)}}`;
  assertAnswer(t, 'postCount', 201, await ask('postCount', { body }));
  const answer = await ask('postCount', { body: `${body} ` });
  assertAnswer(t, 'postCount', 413, answer);
  assert.equal(problemOf(answer).code, 'body_too_large');
});

for (const [outcome, status, code] of [
  ['full', 503, 'queue_full'],
  ['unavailable', 503, 'queue_unavailable'],
  ['key_reused', 422, 'idempotency_key_reused'],
  ['keys_full', 503, 'idempotency_keys_full'],
  ['key_quota_exceeded', 429, 'idempotency_quota_exceeded'],
] as const) {
  test(`the outcome ${outcome} is a ${status}`, async (t) => {
    const { ask, refused } = createTestServer(t, { enqueue: async () => outcome });
    const answer = await ask('postCount', { body: '{"count":1}' });
    assertAnswer(t, 'postCount', status, answer);
    assert.equal(problemOf(answer).code, code);
    assert.deepEqual(refused, [code]);
  });
}

test('an idempotency key reaches the queue unchanged', async (t) => {
  const { ask, enqueued } = createTestServer(t);
  const keys = ['a', '"8e03978e-40d5-43dd-bc93-6894a57f9324"', '~'.repeat(255)];
  for (const key of keys) await ask('postCount', { headers: { 'idempotency-key': key }, body: '{"count":1}' });
  assert.deepEqual(
    enqueued.map(({ key }) => key),
    keys,
  );
});

for (const key of ['', 'two words', 'a'.repeat(256), 'ü', 'tab\there']) {
  test(`the idempotency key ${JSON.stringify(key.slice(0, 20))} of length ${key.length} is refused, and the answer names the header`, async (t) => {
    const { ask, enqueued } = createTestServer(t);
    const answer = await ask('postCount', { headers: { 'idempotency-key': key }, body: '{"count":1}' });
    assertAnswer(t, 'postCount', 400, answer);
    assert.equal(problemOf(answer).errors?.[0]?.pointer, 'header:Idempotency-Key');
    assert.deepEqual(enqueued, []);
  });
}

test('two idempotency keys are refused', async (t) => {
  const bench = createTestServer(t);
  const socket = await connectTo(t, bench);
  socket.write(
    'POST /count HTTP/1.1\r\nhost: x\r\nidempotency-key: a\r\nidempotency-key: b\r\ncontent-type: application/json\r\n' +
      'connection: close\r\ncontent-length: 11\r\n\r\n{"count":1}',
  );
  const answer = await readAnswer(socket);
  assertAnswer(t, 'postCount', 400, answer);
  assert.deepEqual(problemOf(answer).errors, [{ pointer: 'header:Idempotency-Key', detail: 'occurs more than once' }]);
  assert.deepEqual(bench.enqueued, []);
});

test('a body that does not arrive completely in time gets 408, and nothing is queued', async (t) => {
  const bench = createTestServer(t);
  // Node applies the longer of the two timeouts to the body.
  bench.server.server.headersTimeout = 100;
  bench.server.server.requestTimeout = 100;
  const socket = await connectTo(t, bench);
  socket.write(
    'POST /count HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{"count":',
  );
  const answer = await readAnswer(socket);
  assertAnswer(t, 'postCount', 408, answer);
  assert.equal(problemOf(answer).code, 'request_timeout');
  assert.deepEqual([bench.enqueued, bench.refused], [[], ['request_timeout']]);
});

test('an internal error gets a 500 without its cause', async (t) => {
  const err = new Error('secret');
  const { ask, logged } = createTestServer(t, { enqueue: () => Promise.reject(err) });
  const answer = await ask('postCount', { body: '{"count":1}' });
  assert.equal(answer.status, 500);
  assert.equal(problemOf(answer).code, 'internal_error');
  assert.doesNotMatch(answer.body, /secret/);
  assert.deepEqual(logged, [{ fields: { err, method: 'POST', path: '/count' }, message: 'a request failed' }]);
});
