import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAnswer, connectTo, createTestServer, hostname, problemOf, readAnswer } from '../test-server.test.ts';

const ndjson = { 'content-type': 'application/x-ndjson' };
const listOf = (length: number): number[] => Array.from({ length }, (_, index) => index);

test('counts are acknowledged after the queue has acknowledged them, under one key', async (t) => {
  const accepted: number[] = [];
  const { ask, enqueued } = createTestServer(t, { onAccepted: (counts) => accepted.push(counts) });
  const answer = await ask('postCounts', { headers: { 'idempotency-key': 'k' }, body: '{"counts":[1,-2,3.0]}' });
  assertAnswer(t, 'postCounts', 201, answer);
  assert.deepEqual(JSON.parse(answer.body), { message: 'Values added to Redis queue', accepted: 3, hostname });
  assert.deepEqual(enqueued, [{ counts: [1, -2, 3], key: 'k' }]);
  assert.deepEqual(accepted, [3]);
});

for (const [what, body, counts] of [
  ['one line without an end', '7', [7]],
  ['lines', '1\n-2\n3\n', [1, -2, 3]],
  ['lines that end with CRLF', '1\r\n2\r\n', [1, 2]],
  ['blank lines at the end', '1\n2\n\n \n', [1, 2]],
  ['blanks around a count', ' 1 \n\t2', [1, 2]],
  ['integers written as IEEE numbers', '1.0\n1e3\n-0\n9007199254740991', [1, 1000, -0, Number.MAX_SAFE_INTEGER]],
  ['a byte order mark', '\ufeff1\n2', [1, 2]],
] as const) {
  test(`NDJSON with ${what} is accepted`, async (t) => {
    const { ask, enqueued } = createTestServer(t);
    assertAnswer(t, 'postCounts', 201, await ask('postCounts', { headers: ndjson, body }));
    assert.deepEqual(enqueued[0]?.counts, counts);
  });
}

for (const [body, pointer] of [
  ['', 'line:1'],
  ['\n', 'line:1'],
  ['\n1', 'line:1'],
  ['1\n\n2', 'line:2'],
  ['1\n2.5\n3', 'line:2'],
  ['1\n"2"', 'line:2'],
  ['1\nx', 'line:2'],
  ['1,2', 'line:1'],
  ['1\n2,3\n4', 'line:2'],
  ['[1\n2]', 'line:1'],
  ['1]\n[2', 'line:1'],
  ['1\n{"count":2}', 'line:2'],
  ['1\n["a\nb"]', 'line:2'],
  ['1\n9007199254740992', 'line:2'],
  ['1\n1e400', 'line:2'],
  ['1\nnull', 'line:2'],
  ['1\n+2', 'line:2'],
  ['1\n0x10', 'line:2'],
  ['1\r2', 'line:1'],
] as const) {
  test(`the NDJSON body ${JSON.stringify(body)} is refused at ${pointer}`, async (t) => {
    const { ask, enqueued } = createTestServer(t);
    const answer = await ask('postCounts', { headers: ndjson, body });
    assertAnswer(t, 'postCounts', 400, answer);
    assert.equal(problemOf(answer).errors?.[0]?.pointer, pointer);
    assert.deepEqual(enqueued, []);
  });
}

for (const [body, pointer] of [
  ['{"counts":[]}', '#/counts'],
  ['{"counts":7}', '#/counts'],
  ['{"counts":{"0":1}}', '#/counts'],
  ['{"counts":[1,2.5]}', '#/counts/1'],
  ['{"counts":[1,2,"3"]}', '#/counts/2'],
  ['{"counts":[[1]]}', '#/counts/0'],
  ['{"counts":[9007199254740992]}', '#/counts/0'],
  ['{"count":1}', '#/counts'],
  ['{"counts":[1],"count":1}', '#/count'],
  ['{"counts":[1],"counts":[2]}', '#/counts'],
  ['[1,2]', '#'],
] as const) {
  test(`the body ${body} is refused with the place of the error`, async (t) => {
    const { ask, enqueued } = createTestServer(t);
    const answer = await ask('postCounts', { body });
    assertAnswer(t, 'postCounts', 400, answer);
    assert.equal(problemOf(answer).errors?.[0]?.pointer, pointer);
    assert.deepEqual(enqueued, []);
  });
}

for (const [kind, headers, write, pointer] of [
  ['JSON', {}, (counts: number[]) => JSON.stringify({ counts }), '#/counts'],
  ['NDJSON', ndjson, (counts: number[]) => counts.join('\n'), 'line:10001'],
] as const) {
  test(`10,000 counts are accepted at once as ${kind}, and 10,001 refused`, async (t) => {
    const { ask, enqueued } = createTestServer(t);
    assertAnswer(t, 'postCounts', 201, await ask('postCounts', { headers, body: write(listOf(10_000)) }));
    assert.deepEqual(enqueued[0]?.counts, listOf(10_000));
    const answer = await ask('postCounts', { headers, body: write(listOf(10_001)) });
    assertAnswer(t, 'postCounts', 400, answer);
    assert.equal(problemOf(answer).errors?.[0]?.pointer, pointer);
    assert.equal(enqueued.length, 1);
  });
}

for (const headers of [
  { 'content-type': 'text/plain' },
  { 'content-type': 'application/x-ndjson; charset=latin1' },
  { ...ndjson, 'content-encoding': 'gzip' },
]) {
  test(`counts with ${JSON.stringify(headers)} are refused`, async (t) => {
    const { ask } = createTestServer(t);
    assertAnswer(t, 'postCounts', 415, await ask('postCounts', { headers, body: '1' }));
  });
}

test('a body over 1 MiB is refused, whatever its type', async (t) => {
  const { ask } = createTestServer(t);
  for (const headers of [{}, ndjson]) {
    assertAnswer(t, 'postCounts', 413, await ask('postCounts', { headers, body: `1${' '.repeat(1_048_576)}` }));
  }
});

for (const [outcome, status] of [
  ['full', 503],
  ['unavailable', 503],
  ['key_reused', 422],
  ['keys_full', 503],
  ['key_quota_exceeded', 429],
] as const) {
  test(`the outcome ${outcome} is a ${status} for many counts too`, async (t) => {
    const { ask } = createTestServer(t, { enqueue: async () => outcome });
    assertAnswer(t, 'postCounts', status, await ask('postCounts', { body: '{"counts":[1]}' }));
  });
}

test('counts that do not arrive completely in time get 408, and none is queued', async (t) => {
  const bench = createTestServer(t);
  bench.server.server.headersTimeout = 100;
  bench.server.server.requestTimeout = 100;
  const socket = await connectTo(t, bench);
  socket.write(
    'POST /counts HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n3\r\n1\n2\r\n',
  );
  assertAnswer(t, 'postCounts', 408, await readAnswer(socket));
  assert.deepEqual(bench.enqueued, []);
});

for (const [what, body] of [
  ['a megabyte of small members', `{"counts":[1],${Array.from({ length: 90_000 }, (_, n) => `"${n}":0`).join()}}`],
  ['members before the list', `{${Array.from({ length: 90_000 }, (_, n) => `"${n}":0`).join()},"counts":[1]}`],
  ['a megabyte of strings', `{"counts":[${'"a",'.repeat(200_000)}1]}`],
  ['lists as deep as a body can be', `{"counts":${'['.repeat(500_000)}${']'.repeat(500_000)}}`],
  ['objects as deep as a body can be', `{"counts":[${'{"a":'.repeat(170_000)}1${'}'.repeat(170_000)}]}`],
  ['half a million counts', `{"counts":[${'1,'.repeat(500_000)}1]}`],
] as const) {
  test(`${what} are refused without being parsed`, async (t) => {
    const parse = t.mock.method(JSON, 'parse');
    const { ask, enqueued } = createTestServer(t);
    const answer = await ask('postCounts', { body });
    assert.ok(parse.mock.calls.every(({ arguments: [text] }) => text.length < 10_000));
    assertAnswer(t, 'postCounts', 400, answer);
    assert.match(problemOf(answer).errors?.[0]?.pointer ?? '', /^#(?:\/counts)?$/);
    assert.deepEqual(enqueued, []);
  });
}

for (const [what, body] of [
  ['lists', '['.repeat(1_000_000)],
  ['objects', '{"a":'.repeat(200_000)],
  ['a string', `"${'a'.repeat(1_000_000)}"`],
] as const) {
  test(`a line of ${what} as long as a body can be is refused without being parsed`, async (t) => {
    const parse = t.mock.method(JSON, 'parse');
    const { ask } = createTestServer(t);
    const answer = await ask('postCounts', { headers: ndjson, body: `1\n${body}` });
    assert.ok(parse.mock.calls.every(({ arguments: [text] }) => text.length < 10_000));
    assertAnswer(t, 'postCounts', 400, answer);
    assert.deepEqual(problemOf(answer).errors, [
      { pointer: 'line:2', detail: 'must be an integer within ±9007199254740991' },
    ]);
  });
}

test('a body of the maximum size with white space around its parts is accepted', async (t) => {
  const { ask } = createTestServer(t);
  const counts = Array.from({ length: 10_000 }, (_, index) => index);
  const body = ` {\n"counts" :\t[${counts.join(' , ')}]} `;
  assertAnswer(t, 'postCounts', 201, await ask('postCounts', { body: body.padEnd(1_048_576) }));
});
