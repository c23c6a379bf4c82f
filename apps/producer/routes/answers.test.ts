import assert from 'node:assert/strict';
import { test } from 'node:test';
import { text } from 'node:stream/consumers';
import type { Finding } from '@sluice/contract/finding.ts';
import type { EnqueueOutcome } from '@sluice/queue/append/enqueue-outcome.ts';
import { createTokenCheck } from '../http/bearer-token.ts';
import type { ServerDependencies } from '../server.ts';
import { connectTo, createTestServer } from '../test-server.test.ts';

// The exact bytes of the answers about counts, in `answers.test.ts.snapshot`. After a change that
// clients may see: npm test -- --test-update-snapshots apps/producer/routes/answers.test.ts

type Headers = Readonly<Record<string, string>>;
type Case = { readonly request: string; readonly dependencies?: Partial<ServerDependencies> };

const json = { 'Content-Type': 'application/json' };
const ndjson = { 'Content-Type': 'application/x-ndjson' };

const requestOf = (line: string, headers: Headers = {}, body?: string): string =>
  [
    `${line} HTTP/1.1`,
    'Host: sluice',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
    '',
    body ?? '',
  ].join('\r\n');

const post = (path: string, headers: Headers, body: string): Case => ({
  request: requestOf(`POST ${path}`, headers, body),
});
const get = (line: string, dependencies: Partial<ServerDependencies> = {}): Case => ({
  request: requestOf(line),
  dependencies,
});

const outcome = (its: EnqueueOutcome): Case => ({
  ...post('/count', { ...json, 'Idempotency-Key': 'k' }, '{"count":1}'),
  dependencies: { enqueue: async () => its },
});
const failing = () => Promise.reject(new Error('unavailable'));
const unsafe: Finding = { code: 'redis_evicts', severity: 'refused', detail: 'Redis evicts keys.' };
const tokenGuard = { isTokenValid: createTokenCheck(async () => ['secret']), tokensFor: 'all' } as const;
const recordedAt = new Date('2026-11-26T05:00:00.123Z');
const page = async () => ({ counts: [{ id: '7', value: -5, recordedAt }], next: '7' });

const cases: Readonly<Record<string, Case>> = {
  'one count': post('/count', json, '{"count":1700000000}'),
  'one count with a key': post('/count', { ...json, 'Idempotency-Key': 'k' }, '{"count":-0}'),
  'a fraction': post('/count', json, '{"count":1.5}'),
  'a count beyond the limit': post('/count', json, '{"count":9007199254740992}'),
  'no member': post('/count', json, '{}'),
  'an unknown member': post('/count', json, '{"count":1,"more":2}'),
  'a member twice': post('/count', json, '{"count":1,"count":2}'),
  'another type': post('/count', json, '[1]'),
  'a body that is not JSON': post('/count', json, '{"count":1,}'),
  'an empty body': post('/count', json, ''),
  'a key with a blank': post('/count', { ...json, 'Idempotency-Key': 'two words' }, '{"count":1}'),
  'two keys': post('/count', { ...json, 'Idempotency-Key': 'a', 'idempotency-key': 'b' }, '{"count":1}'),
  'a key that was used': outcome('key_reused'),
  'a client without keys left': outcome('key_quota_exceeded'),
  'a queue without room for keys': outcome('keys_full'),
  'a full queue': outcome('full'),
  'a queue that does not answer': outcome('unavailable'),
  'a queue that would lose counts': {
    ...post('/count', json, '{"count":1}'),
    dependencies: { readFindings: () => [unsafe] },
  },
  'a large body': post('/count', json, `{"count":1${' '.repeat(4_086)}}`),
  'a body that is text': post('/count', { 'Content-Type': 'text/plain' }, '1'),
  'another charset': post('/count', { 'Content-Type': 'application/json; charset=utf-16' }, '{"count":1}'),
  'a compressed body': post('/count', { ...json, 'Content-Encoding': 'gzip' }, '{"count":1}'),
  'no token': { ...post('/count', json, '{"count":1}'), dependencies: { tokenGuard } },
  'a wrong token': {
    ...post('/count', { ...json, Authorization: 'Bearer other' }, '{"count":1}'),
    dependencies: { tokenGuard },
  },
  'an internal error': { ...post('/count', json, '{"count":1}'), dependencies: { enqueue: failing } },
  'several counts': post('/counts', json, '{"counts":[1,-2,3.0]}'),
  'several counts with a key': post('/counts', { ...json, 'Idempotency-Key': 'k' }, '{"counts":[1]}'),
  lines: post('/counts', ndjson, '1\n-2\r\n3\n'),
  'a text among the counts': post('/counts', json, '{"counts":[1,"2"]}'),
  'no counts': post('/counts', json, '{"counts":[]}'),
  'too many counts': post('/counts', json, `{"counts":[${'1,'.repeat(10_000)}1]}`),
  'a line that is no count': post('/counts', ndjson, '1\n2.5\n3'),
  'a line that is not JSON': post('/counts', ndjson, '1\nx'),
  'too many lines': post('/counts', ndjson, '1\n'.repeat(10_001)),
  'a body over 1 MiB': post('/counts', ndjson, `1${' '.repeat(1_048_576)}`),
  'counts in another type': post('/counts', { 'Content-Type': 'text/csv' }, '1,2'),
  'the total': get('GET /count'),
  'the head of the total': get('HEAD /count'),
  'the total without a database': get('GET /count', { readTotal: failing }),
  'the total without a token': get('GET /count', { tokenGuard }),
  'a page': get('GET /counts?limit=1', { readPage: page }),
  'the last page': get('GET /counts'),
  'a limit of 0': get('GET /counts?limit=0'),
  'a page without a database': get('GET /counts', { readPage: failing }),
  'the methods of /count': get('OPTIONS /count'),
  'the methods of /counts': get('OPTIONS /counts'),
  'another method': get('DELETE /count'),
  'another path': get('GET /count/1'),
};

for (const [name, { request, dependencies = {} }] of Object.entries(cases)) {
  test(`the answer to ${name}`, async (t) => {
    const socket = await connectTo(t, createTestServer(t, dependencies));
    socket.end(request);
    const answer = await text(socket);
    assert.doesNotMatch(answer, /(?<!\r)\n/, 'lines end with CRLF');
    assert.match(answer, /^Date: .{29}\r$/m);
    const shown = answer.replaceAll('\r\n', '\n').replace(/^Date: .*/m, 'Date: (now)');
    t.assert.snapshot(shown, { serializers: [String] });
  });
}
