import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluateAnswer } from './evaluate-answer.ts';
import { createRequests, type Request } from './requests.ts';

const next = createRequests();
const requests = Array.from({ length: 400 }, next);
const find = (isSuch: (request: Request) => boolean): Request => {
  const found = requests.find(isSuch);
  if (found === undefined) throw new Error('The load has no such request');
  return found;
};
const single = find(({ path }) => path === '/count');
const list = find(({ path, isValid }) => path === '/counts' && isValid);
const rows = find(({ table, isValid }) => table === 'page_view' && isValid);
const invalid = find(({ isValid }) => !isValid);

const evaluate = (request: Request, status: number, body: unknown) =>
  evaluateAnswer(request, { status, retryAfter: undefined, text: JSON.stringify(body) });

for (const [what, request, body] of [
  ['a count', single, { value: single.first }],
  ['counts', list, { accepted: list.length }],
  ['rows', rows, { accepted: rows.length }],
] as const) {
  test(`a receipt for ${what} acknowledges them, and one for something else is a lie`, () => {
    assert.deepEqual(evaluate(request, 201, body), { answer: '201', isAcknowledged: true, isRefused: false });
    const lie = evaluate(request, 201, { value: -1, accepted: 0 });
    assert.match(lie.lie ?? '', /^acknowledged something else/);
  });
}

test('only a 4xx refuses for good, and only an invalid request may get it', () => {
  const unavailable = evaluate(single, 503, { code: 'queue_unavailable' });
  assert.deepEqual(unavailable, { answer: '503 queue_unavailable', isAcknowledged: false, isRefused: false });
  const refused = evaluate(invalid, 400, { code: 'invalid_request' });
  assert.deepEqual(refused, { answer: '400 invalid_request', isAcknowledged: false, isRefused: true });
  assert.match(evaluate(single, 422, {}).lie ?? '', /^refused a valid request/);
});

test('an invalid request that is acknowledged, and a defect of Sluice, are lies', () => {
  assert.match(evaluate(invalid, 201, {}).lie ?? '', /^acknowledged an invalid request/);
  assert.match(evaluate(single, 500, { code: 'internal_error' }).lie ?? '', /^an answer of no contract/);
});

test('the load has requests of each kind, and no number twice in a table', () => {
  for (const table of ['count', 'page_view', 'sensor_reading']) {
    const its = requests.filter((request) => request.table === table);
    const numbers = its.flatMap(({ first, length }) => Array.from({ length }, (_, index) => first + index));
    assert.equal(new Set(numbers).size, numbers.length);
    assert.ok(its.some(({ isKeyed }) => isKeyed) && its.some(({ length }) => length > 1), table);
  }
  assert.ok(requests.some(({ contentType }) => contentType === 'application/x-ndjson'));
  assert.ok(requests.some(({ length }) => length > 1_000));
});
