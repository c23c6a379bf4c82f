import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { createOpenapi } from '@sluice/contract/openapi.ts';
import { problem, problemMediaType } from '@sluice/contract/problem.ts';
import { tableRoutesOf } from '@sluice/contract/table-routes.ts';
import { TableUnavailableError } from '@sluice/ledger/rows/read-declared.ts';
import type { EnqueueOutcome } from '@sluice/queue/append/enqueue-outcome.ts';
import type { IdempotencyKey } from '@sluice/queue/append/key-records.ts';
import { defineTable } from '@sluice/table/define-table.ts';
import { readTables } from '@sluice/table/read-tables.ts';
import * as z from 'zod';
import { createTokenCheck } from '../http/bearer-token.ts';
import { assertAnswer, createTestServer, hostname } from '../test-server.test.ts';
import type { TableService } from './table-routes.ts';

const declared = readTables([
  defineTable('page_view', {
    path: z.string().max(20),
    duration_ms: z.number(),
    plan: z.enum(['free', 'pro']).optional(),
    properties: z.json().optional(),
  }),
  defineTable('vote', { choice: z.string().max(9) }),
]);
const json = { 'content-type': 'application/json' };
const ndjson = { 'content-type': 'application/x-ndjson' };
const url = '/tables/page_view/rows';

type Settings = { readonly outcome?: EnqueueOutcome; readonly service?: Partial<TableService> };

const setUp = (
  t: TestContext,
  { outcome = 'acknowledged', service = {} }: Settings = {},
  dependencies: Parameters<typeof createTestServer>[1] = {},
) => {
  const enqueued: {
    readonly table: string;
    readonly rows: readonly string[];
    readonly key: IdempotencyKey | undefined;
  }[] = [];
  const services = declared.map((table): TableService => ({
    table,
    enqueue: async (rows, key) => {
      enqueued.push({ table: table.name, rows, key });
      return outcome;
    },
    readTotal: async () => ({ rowsCount: 0, latestRow: undefined }),
    readRows: async () => ({ rows: [], next: undefined }),
    readQueueState: async () => ({
      waitingBatches: 1,
      oldestAgeMs: 2.4,
      inFlightBatches: 0,
      consumers: 1,
      deadLetters: 3,
      isPaused: true,
    }),
    ...service,
  }));
  const bench = createTestServer(t, { tables: services, ...dependencies });
  const post = async (body: string, headers: Readonly<Record<string, string>> = json, path = url) => {
    const response = await bench.server.inject({ method: 'POST', url: path, headers, payload: body });
    return { status: response.statusCode, headers: response.headers, body: response.body };
  };
  const get = async (path: string) => {
    const response = await bench.server.inject({ method: 'GET', url: path });
    return { status: response.statusCode, headers: response.headers, body: response.body };
  };
  return { ...bench, enqueued, post, get };
};

type Answer = Awaited<ReturnType<ReturnType<typeof setUp>['post']>>;

/** Asserts the problem of an answer, and returns its places. */
const placesOf = (answer: Answer, status: number, code: string): string[] => {
  assert.equal(answer.status, status, answer.body);
  assert.ok(String(answer.headers['content-type']).startsWith(problemMediaType));
  const document = problem.parse(JSON.parse(answer.body));
  assert.equal(document.code, code);
  return (document.errors ?? []).map(({ pointer }) => pointer);
};

test('the tables are listed with their columns and schemas', async (t) => {
  const { ask } = setUp(t);
  const answer = await ask('getTables');
  assertAnswer(t, 'getTables', 200, answer);
  const { tables } = JSON.parse(answer.body) as { readonly tables: readonly Record<string, unknown>[] };
  assert.deepEqual(
    tables.map(({ table }) => table),
    ['page_view', 'vote'],
  );
  assert.deepEqual(tables[1], {
    table: 'vote',
    columns: [{ name: 'choice', type: 'VARCHAR(9)', optional: false }],
    schema: {
      type: 'object',
      properties: { choice: { type: 'string', maxLength: 9 } },
      required: ['choice'],
      additionalProperties: false,
    },
  });
});

test('a producer without tables lists none, and has no path of a table', async (t) => {
  const { ask, server } = createTestServer(t);
  assert.equal((await ask('getTables')).body, '{"tables":[]}');
  assert.equal((await server.inject({ method: 'POST', url, headers: json, payload: '{}' })).statusCode, 404);
});

const view = { path: '/a', duration_ms: 1.5 };

for (const [what, headers, body, rows] of [
  ['an object', json, JSON.stringify(view), ['["/a",1.5,null,null]']],
  ['a list', json, JSON.stringify([view, { ...view, plan: 'pro' }]), ['["/a",1.5,null,null]', '["/a",1.5,"pro",null]']],
  [
    'lines',
    ndjson,
    `${JSON.stringify(view)}\r\n${JSON.stringify(view)}\n\n`,
    ['["/a",1.5,null,null]', '["/a",1.5,null,null]'],
  ],
  ['one line', ndjson, JSON.stringify(view), ['["/a",1.5,null,null]']],
  ['a byte order mark', json, `\ufeff${JSON.stringify(view)}`, ['["/a",1.5,null,null]']],
] as const) {
  test(`rows as ${what} are acknowledged after the queue has acknowledged them`, async (t) => {
    const { post, enqueued } = setUp(t);
    const answer = await post(body, headers);
    assert.equal(answer.status, 201, answer.body);
    assert.deepEqual(JSON.parse(answer.body), {
      message: 'Rows added to Redis queue',
      accepted: rows.length,
      hostname,
    });
    assert.deepEqual(enqueued, [{ table: 'page_view', rows, key: undefined }]);
  });
}

for (const [type, headers] of [
  ['JSON', json],
  ['NDJSON', ndjson],
] as const) {
  test(`names with escapes are queued as they were sent as ${type}, whatever another client has sent`, async (t) => {
    const { post, enqueued } = setUp(t);
    const sent = [String.raw`{"x":1,"\\":1}`, String.raw`{"x":1,"\n":1}`, String.raw`{"x":1,"\"":1}`];
    for (const properties of sent) {
      const { status } = await post(`{"path":"/a","duration_ms":1,"properties":${properties}}`, headers);
      assert.equal(status, 201);
    }
    assert.deepEqual(
      enqueued.flatMap(({ rows }) => rows),
      sent.map((properties) => `["/a",1,null,${JSON.stringify(properties)}]`),
    );
  });
}

const many = (length: number) => Array.from({ length }, () => view);

for (const [what, headers, body, places] of [
  ['a value of another type', json, JSON.stringify({ path: 1, duration_ms: 'x' }), ['#/path', '#/duration_ms']],
  ['a fault in a list', json, JSON.stringify([view, view, { path: '/' }]), ['#/2/duration_ms']],
  ['an unknown member', json, JSON.stringify({ ...view, 'a/b': 1 }), ['#/a~1b']],
  ['a member twice', json, '{"path":"/a","duration_ms":1,"path":"/b"}', ['#/path']],
  [
    'a member twice in a list',
    json,
    '[{"path":"/a","duration_ms":1},{"path":"/a","duration_ms":1,"duration_ms":2}]',
    ['#/1/duration_ms'],
  ],
  [
    'a member twice within JSON',
    json,
    '{"path":"\\"{","duration_ms":1,"properties":{"a":[1,{"b":1,"b":2}]}}',
    ['#/properties/a/1/b'],
  ],
  ['a member twice, with a blank', json, '{"path":"/a","duration_ms":1,"path"\n:"/b"}', ['#/path']],
  ['an escaped member twice', json, '{"path":"/a","duration_ms":1,"p\\u0061th":"/b"}', ['#/path']],
  ['an empty list', json, '[]', ['#']],
  ['a list of lists', json, '[[]]', ['#/0']],
  ['text', json, '"text"', ['#']],
  ['null', json, 'null', ['#']],
  ['too many rows', json, JSON.stringify(many(10_001)), ['#']],
  ['a fault in a line', ndjson, `${JSON.stringify(view)}\n{"path":"/"}`, ['line:2/duration_ms']],
  [
    'a member twice in a line',
    ndjson,
    `${JSON.stringify(view)}\n{"path":"/","path":"/","duration_ms":1}`,
    ['line:2/path'],
  ],
  ['an empty line', ndjson, `${JSON.stringify(view)}\n\n${JSON.stringify(view)}`, ['line:2']],
  ['no line', ndjson, '', ['line:1']],
  ['a blank that JSON does not have behind a line', ndjson, `${JSON.stringify(view)}\u00a0\n`, ['line:1']],
  ['a last line of a byte order mark', ndjson, `${JSON.stringify(view)}\n\ufeff\n`, ['line:2']],
  ['a line that is not JSON', ndjson, `${JSON.stringify(view)}\n{`, ['line:2']],
  [
    'too many lines',
    ndjson,
    many(10_001)
      .map((row) => JSON.stringify(row))
      .join('\n'),
    ['line:10001'],
  ],
  [
    'more faults than are named',
    json,
    JSON.stringify(Array.from({ length: 50 }, () => ({ ...view, path: 1 }))),
    Array.from({ length: 20 }, (_, index) => `#/${index}/path`),
  ],
] as const) {
  test(`a body with ${what} is refused, and nothing is queued`, async (t) => {
    const { post, enqueued } = setUp(t);
    assert.deepEqual(placesOf(await post(body, headers), 400, 'invalid_request'), places);
    assert.deepEqual(enqueued, []);
  });
}

test('a body that is not JSON, too large, compressed or of another type is refused', async (t) => {
  const { post, enqueued } = setUp(t);
  assert.deepEqual(placesOf(await post('{'), 400, 'invalid_json'), ['#']);
  const large = await post(JSON.stringify({ ...view, properties: 'x'.repeat(1_048_576) }));
  placesOf(large, 413, 'body_too_large');
  assert.match(large.body, /Send its rows in several requests/);
  const text = await post(JSON.stringify(view), { 'content-type': 'text/plain' });
  placesOf(text, 415, 'unsupported_media_type');
  assert.match(text.body, /application\/json, or a row a line, with application\/x-ndjson/);
  placesOf(await post(JSON.stringify(view), { ...json, 'content-encoding': 'gzip' }), 415, 'unsupported_media_type');
  assert.deepEqual(enqueued, []);
});

for (const [headers, body, pointer, detail] of [
  [
    json,
    '[{"path":"/","duration_ms":1},{"path":"/b","duration_ms":}]',
    '#/1',
    'is not JSON at character 58 of the body',
  ],
  [json, '{"path":"/","duration_ms":1', '#', 'is not JSON: it ends too early'],
  [json, '\ufeff{"path":}', '#', 'is not JSON at character 9 of the body'],
  [ndjson, `${JSON.stringify(view)}\n{"path":"/",}`, 'line:2', 'is not JSON at character 13 of the line'],
  [ndjson, `${JSON.stringify(view)}\n{"path":"/"`, 'line:2', 'is not JSON: it ends too early'],
] as const) {
  test(`the answer to ${JSON.stringify(body)} says where it is no JSON`, async (t) => {
    const { post } = setUp(t);
    const answer = await post(body, headers);
    assert.equal(answer.status, 400);
    const problemDocument = problem.parse(JSON.parse(answer.body));
    assert.equal(problemDocument.detail, `The body is invalid: ${pointer} ${detail}.`);
    assert.deepEqual(problemDocument.errors, [{ pointer, detail }]);
  });
}

test('a request without a body is refused, with and without a type', async (t) => {
  const { server, enqueued } = setUp(t);
  for (const headers of [{}, json, ndjson]) {
    const { statusCode, body } = await server.inject({ method: 'POST', url, headers });
    assert.equal(statusCode, 400, body);
  }
  assert.deepEqual(enqueued, []);
});

test('a body that is not UTF-8 is refused: other text than that sent would be recorded', async (t) => {
  const { server, enqueued } = setUp(t);
  const payload = Buffer.concat([
    Buffer.from('{"duration_ms":1,"path":"'),
    Buffer.from([0xff, 0xfe]),
    Buffer.from('"}'),
  ]);
  for (const headers of [json, ndjson]) {
    const { statusCode, body } = await server.inject({ method: 'POST', url, headers, payload });
    assert.equal(statusCode, 400);
    assert.match(body, /The body is not UTF-8/);
  }
  assert.deepEqual(enqueued, []);
});

for (const [finding, code, detail] of [
  [{ code: 'table_missing', severity: 'warning', detail: 'No table.' }, 'table_missing', /No table\./],
  [{ code: 'table_differs', severity: 'warning', detail: 'c is missing.' }, 'table_differs', /c is missing\./],
  [undefined, 'ledger_unavailable', /MySQL did not read the table page_view in time\. It is locked or busy, or/],
] as const) {
  test(`a read of a table that fails with ${finding?.code ?? 'the deadline'} is a 503 with that reason`, async (t) => {
    const fail = async () => {
      throw new TableUnavailableError('page_view', finding, new Error('the error of MySQL'));
    };
    const { get } = setUp(t, { service: { readTotal: fail, readRows: fail } });
    for (const path of ['/tables/page_view', url]) {
      const answer = await get(path);
      placesOf(answer, 503, code);
      assert.match(answer.body, detail);
    }
  });
}

test('10,000 rows in one request are accepted', async (t) => {
  const { post, enqueued } = setUp(t);
  assert.equal((await post(JSON.stringify(many(10_000)))).status, 201);
  assert.equal(enqueued[0]?.rows.length, 10_000);
});

for (const [outcome, status, code, text] of [
  ['unavailable', 503, 'queue_unavailable', /The rows are recorded once or never/],
  ['full', 503, 'queue_full', /The rows are recorded once or never/],
  ['key_reused', 422, 'idempotency_key_reused', /with other rows/],
  ['keys_full', 503, 'idempotency_keys_full', /send the rows without/],
  ['key_quota_exceeded', 429, 'idempotency_quota_exceeded', /send the rows without/],
] as const) {
  test(`the outcome ${outcome} is a ${status} that speaks of rows`, async (t) => {
    const { post } = setUp(t, { outcome });
    const answer = await post(JSON.stringify(view), { ...json, 'idempotency-key': 'k' });
    placesOf(answer, status, code);
    assert.match(answer.body, text);
    if (status !== 422) assert.match(String(answer.headers['retry-after']), /^\d+$/);
  });
}

test('an idempotency key belongs to its table', async (t) => {
  const { post, enqueued } = setUp(t);
  await post(JSON.stringify(view), { ...json, 'idempotency-key': 'k' });
  await post('{"choice":"a"}', { ...json, 'idempotency-key': 'k' }, '/tables/vote/rows');
  assert.deepEqual(
    enqueued.map(({ key }) => [key?.key, key?.table]),
    [
      ['k', 'page_view'],
      ['k', 'vote'],
    ],
  );
});

test('the routes of a table need a token where those of counts do', async (t) => {
  const isTokenValid = createTokenCheck(async () => ['first']);
  for (const tokensFor of ['writes', 'all'] as const) {
    const { post, get, enqueued } = setUp(t, {}, { tokenGuard: { isTokenValid, tokensFor } });
    placesOf(await post(JSON.stringify(view)), 401, 'unauthorized');
    assert.deepEqual(enqueued, []);
    assert.equal((await post(JSON.stringify(view), { ...json, authorization: 'Bearer first' })).status, 201);
    for (const path of ['/tables', '/tables/page_view', url, '/tables/page_view/queue']) {
      assert.equal((await get(path)).status, tokensFor === 'all' ? 401 : 200, path);
    }
  }
});

test('a path of no table says where the tables are listed', async (t) => {
  const { post, get } = setUp(t);
  for (const answer of [await post('{}', json, '/tables/other/rows'), await get('/tables/other')]) {
    placesOf(answer, 404, 'not_found');
    assert.match(answer.body, /This path does not exist\. GET \/tables lists the tables\./);
  }
});

test('an encoded slash is part of a name, so the path does not exist', async (t) => {
  const { server } = setUp(t);
  for (const method of ['GET', 'POST', 'OPTIONS', 'DELETE'] as const) {
    const path = url.replace('/rows', '%2Frows');
    const { statusCode } = await server.inject({ method, url: path, headers: json, payload: JSON.stringify(view) });
    assert.equal(statusCode, 404, method);
  }
});

test('another method gets 405 with the methods of the path', async (t) => {
  const { server } = setUp(t);
  const { statusCode, headers } = await server.inject({ method: 'DELETE', url });
  assert.deepEqual([statusCode, headers['allow']], [405, 'POST, GET, HEAD, OPTIONS']);
  assert.equal((await server.inject({ method: 'GET', url: '/tables/other' })).statusCode, 404);
});

test('a page, the total and the state of the queue have the members of the contract', async (t) => {
  const row = { id: '7', recorded_at: '2026-11-26T05:00:00.123Z', ...view, plan: null, properties: { a: 1 } };
  const asked: unknown[] = [];
  const { get } = setUp(t, {
    service: {
      readTotal: async () => ({ rowsCount: 3, latestRow: row }),
      readRows: async (page) => {
        asked.push(page);
        return { rows: [row], next: '7' };
      },
    },
  });
  const total = JSON.parse((await get('/tables/page_view')).body);
  assert.deepEqual(total, { table: 'page_view', rows_count: 3, latest_row: row, hostname });
  assert.deepEqual(JSON.parse((await get(`${url}?limit=5&before=9`)).body), { rows: [row], next: '7' });
  assert.deepEqual(asked, [{ limit: 5, before: '9', after: undefined }]);
  assert.deepEqual(placesOf(await get(`${url}?limit=0`), 400, 'invalid_request'), ['query:limit']);
  assert.deepEqual(placesOf(await get(`${url}?after=1&before=2`), 400, 'invalid_request'), ['query:after']);
  const state: unknown = JSON.parse((await get('/tables/page_view/queue')).body);
  assert.deepEqual(state, {
    waiting_batches: 1,
    oldest_age_ms: 2,
    in_flight_batches: 0,
    consumers: 1,
    dead_letters: 3,
    paused: true,
  });
});

test('a database or a queue that is away makes the reads of a table 503', async (t) => {
  const fail = async () => {
    throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
  };
  const { get } = setUp(t, { service: { readTotal: fail, readRows: fail, readQueueState: fail } });
  placesOf(await get('/tables/page_view'), 503, 'ledger_unavailable');
  placesOf(await get(url), 503, 'ledger_unavailable');
  placesOf(await get('/tables/page_view/queue'), 503, 'queue_unavailable');
});

test('the OpenAPI document has the paths of each table, with an example that the table accepts', async (t) => {
  const { ask, post } = setUp(t);
  const document = JSON.parse((await ask('getOpenapi')).body) as ReturnType<typeof createOpenapi>;
  assert.deepEqual(document, JSON.parse(JSON.stringify(createOpenapi(declared))));
  const [table] = declared;
  assert.ok(table !== undefined);
  for (const { path, method } of Object.values(tableRoutesOf(table))) {
    assert.ok(document.paths[path]?.[method.toLowerCase()] !== undefined, `${method} ${path}`);
  }
  const content = document.paths[url]?.['post']?.requestBody?.content['application/x-ndjson'];
  const [example] = (content?.schema['examples'] ?? []) as readonly unknown[];
  assert.equal((await post(JSON.stringify(example))).status, 201);
});
