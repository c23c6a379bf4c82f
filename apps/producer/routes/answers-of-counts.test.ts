import assert from 'node:assert/strict';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { connectTo, createTestServer } from '../test-server.test.ts';

// The bytes of the answers of /count and /counts. Clients may depend on each of them, so they stay
// as they are. `npm test -- FILE --test-update-snapshots` writes a change that is intended.

type Request = { readonly head: string; readonly body?: string };

const page = {
  counts: [
    { id: '2', value: 7, recordedAt: new Date('2026-11-26T05:00:00.123Z') },
    { id: '1', value: -5, recordedAt: new Date('2026-11-26T05:00:00.000Z') },
  ],
  next: '1',
};
const json = 'Content-Type: application/json';
const ndjson = 'Content-Type: application/x-ndjson';

const requests: readonly Request[] = [
  { head: `POST /count HTTP/1.1\n${json}`, body: '{"count":1700000000}' },
  { head: `POST /count HTTP/1.1\n${json}\nIdempotency-Key: a`, body: '{"count":-0}' },
  { head: `POST /count HTTP/1.1\n${json}\nIdempotency-Key: é`, body: '{"count":1}' },
  { head: `POST /count HTTP/1.1\n${json}`, body: '{"count":1.5}' },
  { head: `POST /count HTTP/1.1\n${json}`, body: '{"count":1,"more":2}' },
  { head: `POST /count HTTP/1.1\n${json}`, body: '{"count":' },
  { head: `POST /count HTTP/1.1\n${json}` },
  { head: 'POST /count HTTP/1.1\nContent-Type: text/plain', body: '1' },
  { head: `POST /count HTTP/1.1\n${json}`, body: `{"count":1}${' '.repeat(1_048_576)}` },
  { head: 'DELETE /count HTTP/1.1' },
  { head: 'GET /count HTTP/1.1' },
  { head: 'HEAD /count HTTP/1.1' },
  { head: 'OPTIONS /count HTTP/1.1\nOrigin: https://example.com\nAccess-Control-Request-Method: POST' },
  { head: `POST /counts HTTP/1.1\n${json}`, body: '{"counts":[1,2,3]}' },
  { head: `POST /counts HTTP/1.1\n${ndjson}`, body: '1\n2\n' },
  { head: `POST /counts HTTP/1.1\n${ndjson}`, body: '1\nx\n' },
  { head: `POST /counts HTTP/1.1\n${json}`, body: '{"counts":[]}' },
  { head: `POST /counts HTTP/1.1\n${json}`, body: '{"counts":[1,"2"]}' },
  { head: 'GET /counts HTTP/1.1' },
  { head: 'GET /counts?limit=0 HTTP/1.1' },
];

const [post] = requests;
const reads = requests.filter(({ head }) => head.startsWith('GET'));
const outcomes = ['full', 'unavailable', 'key_reused', 'keys_full', 'key_quota_exceeded'] as const;

test('the answers of /count and /counts are the same bytes as ever', async (t) => {
  const answers: string[] = [];
  const askAll = async (server: ReturnType<typeof createTestServer>, its: readonly (Request | undefined)[]) => {
    for (const request of its) {
      assert.ok(request !== undefined);
      const socket = await connectTo(t, server);
      socket.end(bytesOf(request));
      const line = [request.head.replaceAll('\n', ' | '), ...(request.body?.trimEnd().split('\n') ?? [])].join(' | ');
      answers.push(`> ${line}\n${shown(await text(socket))}`);
    }
  };
  await askAll(createTestServer(t, { readPage: async () => page }), requests);
  for (const outcome of outcomes) await askAll(createTestServer(t, { enqueue: async () => outcome }), [post]);
  const fail = () => Promise.reject(new Error('away'));
  await askAll(createTestServer(t, { readTotal: fail, readPage: fail }), reads);
  t.assert.fileSnapshot(`${answers.join('\n\n')}\n`, join(import.meta.dirname, 'answers-of-counts.txt'), {
    serializers: [String],
  });
});

const bytesOf = ({ head, body = '' }: Request): string => {
  const [first = '', ...headers] = head.split('\n');
  const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  return [first, 'Host: x', 'Connection: close', ...headers, ...length, '', body].join('\r\n');
};

/** The answer without what changes with the time. */
const shown = (answer: string): string => answer.replaceAll('\r\n', '\n').replace(/^date: .*$/im, 'date: now');
