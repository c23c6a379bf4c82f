import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAnswer, createTestServer, problemOf } from '../test-server.test.ts';

test('a page has the counts in the format of the contract, and the start of the next page', async (t) => {
  const recordedAt = new Date('2026-11-22T10:00:00.123Z');
  const { ask } = createTestServer(t, {
    readPage: async () => ({ counts: [{ id: '12', value: -7, recordedAt }], next: '12' }),
  });
  const answer = await ask('getCounts');
  assertAnswer(t, 'getCounts', 200, answer);
  assert.deepEqual(JSON.parse(answer.body), {
    counts: [{ id: '12', value: -7, recorded_at: '2026-11-22T10:00:00.123Z' }],
    next: '12',
  });
});

test('a row without a time is part of its page', async (t) => {
  const { ask } = createTestServer(t, {
    readPage: async () => ({ counts: [{ id: '1', value: 2, recordedAt: undefined }], next: undefined }),
  });
  const answer = await ask('getCounts');
  assertAnswer(t, 'getCounts', 200, answer);
  assert.deepEqual(JSON.parse(answer.body).counts, [{ id: '1', value: 2, recorded_at: null }]);
});

test('the last page has no next', async (t) => {
  const { ask } = createTestServer(t);
  const answer = await ask('getCounts');
  assert.deepEqual(JSON.parse(answer.body), { counts: [], next: null });
});

for (const [query, page] of [
  ['', { limit: 100, before: undefined, after: undefined }],
  ['?', { limit: 100, before: undefined, after: undefined }],
  ['?limit=1', { limit: 1, before: undefined, after: undefined }],
  ['?limit=1000&before=18446744073709551615', { limit: 1000, before: '18446744073709551615', after: undefined }],
  ['?before=0&limit=%31%30', { limit: 10, before: '0', after: undefined }],
  ['?after=0', { limit: 100, before: undefined, after: '0' }],
] as const) {
  test(`the query "${query}" is accepted`, async (t) => {
    const pages: unknown[] = [];
    const { ask } = createTestServer(t, {
      readPage: async (asked) => {
        pages.push(asked);
        return { counts: [], next: undefined };
      },
    });
    assertAnswer(t, 'getCounts', 200, await ask('getCounts', { query }));
    assert.deepEqual(pages, [page]);
  });
}

for (const [query, pointer] of [
  ['?limit=0', 'query:limit'],
  ['?limit=1001', 'query:limit'],
  ['?limit=-1', 'query:limit'],
  ['?limit=1.0', 'query:limit'],
  ['?limit=', 'query:limit'],
  ['?limit=%zz', 'query:limit'],
  ['?limit=x10', 'query:limit'],
  ['?limit=10x', 'query:limit'],
  ['?limit=01', 'query:limit'],
  ['?limit=1&limit=2', 'query:limit'],
  ['?before=x', 'query:before'],
  ['?before=1%200', 'query:before'],
  ['?before=100000000000000000000', 'query:before'],
  ['?before=x1', 'query:before'],
  ['?before=1x', 'query:before'],
  ['?after=x1', 'query:after'],
  ['?after=-1', 'query:after'],
  ['?after=1x', 'query:after'],
  ['?after=100000000000000000000', 'query:after'],
  ['?before=2&after=1', 'query:after'],
  ['?offset=1', 'query:offset'],
  ['?Limit=1', 'query:Limit'],
  ['?__proto__=1', 'query:__proto__'],
  ['?%00=1', 'query:%00'],
] as const) {
  test(`the query ${query} is refused with the place of the error`, async (t) => {
    const { ask } = createTestServer(t);
    const answer = await ask('getCounts', { query });
    assertAnswer(t, 'getCounts', 400, answer);
    const { code, errors } = problemOf(answer);
    assert.deepEqual([code, errors?.[0]?.pointer], ['invalid_request', pointer]);
  });
}

test('a page gets 503 while the database is unavailable', async (t) => {
  const err = new Error('secret-host refused');
  const { ask, logged } = createTestServer(t, { readPage: () => Promise.reject(err) });
  const answer = await ask('getCounts');
  assertAnswer(t, 'getCounts', 503, answer);
  assert.equal(problemOf(answer).code, 'ledger_unavailable');
  assert.doesNotMatch(answer.body, /secret-host/);
  assert.deepEqual(logged, [{ fields: { err }, message: 'could not read the database' }]);
});

test('a defect in reading rows is a 500, not an outage', async (t) => {
  const { ask, logged } = createTestServer(t, {
    readPage: async () => ({ counts: [{ id: '1', value: 2, recordedAt: new Date(Number.NaN) }], next: undefined }),
  });
  const answer = await ask('getCounts');
  assert.equal(answer.status, 500);
  assert.equal(problemOf(answer).code, 'internal_error');
  assert.deepEqual(
    logged.map(({ message }) => message),
    ['a request failed'],
  );
});

test('two pages are read at a time, and with 64 waiting the client with the most is refused', async (t) => {
  const { promise, resolve } = Promise.withResolvers<{ counts: []; next: undefined }>();
  const asked: (string | undefined)[] = [];
  const { ask } = createTestServer(
    t,
    {
      readPage: ({ before }) => {
        asked.push(before);
        return promise;
      },
    },
    { clientAddressHeader: 'x-client' },
  );
  const askAs = (client: string, before: number) =>
    ask('getCounts', { query: `?before=${before}`, headers: { 'x-client': client } });
  const greedy = Array.from({ length: 70 }, (_, index) => askAs('192.0.2.1', index));
  const refused = await Promise.race(greedy);
  assertAnswer(t, 'getCounts', 503, refused);
  assert.equal(problemOf(refused).code, 'too_many_reads');
  assert.deepEqual(asked, ['0', '1']);

  const modest = askAs('192.0.2.2', 1_000);
  resolve({ counts: [], next: undefined });
  assertAnswer(t, 'getCounts', 200, await modest);
  const statuses = (await Promise.all(greedy)).map(({ status }) => status);
  assert.deepEqual(
    [statuses.filter((status) => status === 200).length, statuses.filter((status) => status === 503).length],
    [65, 5],
  );
});

test('requests for the same waiting page share one read', async (t) => {
  const { promise, resolve } = Promise.withResolvers<{ counts: []; next: undefined }>();
  let reads = 0;
  const { ask } = createTestServer(t, {
    readPage: () => {
      reads += 1;
      return promise;
    },
  });
  const answers = Array.from({ length: 100 }, () => ask('getCounts', { query: '?limit=1000' }));
  resolve({ counts: [], next: undefined });
  for (const answer of await Promise.all(answers)) assertAnswer(t, 'getCounts', 200, answer);
  assert.ok(reads <= 3, `${reads} reads`);
});

test('an outage during many requests is logged once a second', async (t) => {
  const { ask, logged } = createTestServer(t, { readPage: () => Promise.reject(new Error('away')) });
  for (let count = 0; count < 50; count += 1) assertAnswer(t, 'getCounts', 503, await ask('getCounts'));
  assert.ok(logged.length >= 1 && logged.length < 50, `${logged.length} lines`);
});
