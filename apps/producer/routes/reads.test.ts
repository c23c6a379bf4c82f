import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAnswer, createTestServer, hostname, problemOf } from '../test-server.test.ts';

const err = new Error('secret-host refused');
const failing = () => Promise.reject(err);

test('GET / is empty, and GET /health keeps its format', async (t) => {
  const { ask } = createTestServer(t);
  assertAnswer(t, 'root', 200, await ask('root'));
  const health = await ask('health');
  assertAnswer(t, 'health', 200, health);
  assert.deepEqual(JSON.parse(health.body), {
    status: 'healthy',
    message: 'application is running without issues',
    hostname,
  });
});

test('GET /health is 200 while queue and database are unavailable', async (t) => {
  const away = { readQueueReadiness: async () => 'down' as const, isLedgerUp: async () => false, readTotal: failing };
  const { ask } = createTestServer(t, { ...away, readQueueState: failing });
  assertAnswer(t, 'health', 200, await ask('health'));
});

test('GET /count answers with the number of rows and the latest value', async (t) => {
  const { ask } = createTestServer(t);
  const answer = await ask('getCount');
  assertAnswer(t, 'getCount', 200, answer);
  assert.deepEqual(JSON.parse(answer.body), { rows_count: 2, latest_value: -5, hostname });
});

test('GET /queue answers with the state of the queue', async (t) => {
  const { ask } = createTestServer(t);
  const answer = await ask('getQueue');
  assertAnswer(t, 'getQueue', 200, answer);
  assert.deepEqual(JSON.parse(answer.body), {
    waiting_batches: 1,
    oldest_age_ms: 2,
    in_flight_batches: 3,
    consumers: 4,
    dead_letters: 5,
    paused: false,
  });
});

for (const [name, code, message, dependencies] of [
  ['getCount', 'ledger_unavailable', 'could not read the database', { readTotal: failing }],
  ['getQueue', 'queue_unavailable', 'could not read the queue', { readQueueState: failing }],
] as const) {
  test(`${name} gets 503 without the error while its source is unavailable`, async (t) => {
    const { ask, logged } = createTestServer(t, dependencies);
    const answer = await ask(name);
    assertAnswer(t, name, 503, answer);
    assert.equal(problemOf(answer).code, code);
    assert.doesNotMatch(answer.body, /secret-host/);
    assert.deepEqual(logged, [{ fields: { err }, message }]);
  });
}

for (const [name, dependencies] of [
  ['getCount', { readTotal: () => Promise.reject(new RangeError('a defect')) }],
  ['getCount', { readTotal: () => Promise.reject(Object.assign(new Error('no table'), { code: 'ER_NO_SUCH_TABLE' })) }],
] as const) {
  test(`${name} gets 500 for a defect, not 503`, async (t) => {
    const { ask } = createTestServer(t, dependencies);
    const answer = await ask(name);
    assert.equal(answer.status, 500);
    assert.equal(problemOf(answer).code, 'internal_error');
  });
}

for (const [queue, isLedgerUp, status] of [
  ['up', true, 200],
  ['up', false, 200],
  ['full', true, 503],
  ['full', false, 503],
  ['down', true, 503],
  ['down', false, 503],
] as const) {
  test(`with the queue ${queue} and the database ${isLedgerUp ? 'up' : 'down'} readiness is ${status}`, async (t) => {
    const { ask } = createTestServer(t, { readQueueReadiness: async () => queue, isLedgerUp: async () => isLedgerUp });
    const answer = await ask('ready');
    assertAnswer(t, 'ready', status, answer);
    assert.deepEqual(JSON.parse(answer.body), {
      status: status === 200 ? 'ready' : 'not ready',
      queue,
      ledger: isLedgerUp ? 'up' : 'down',
      findings: [],
      hostname,
    });
  });
}

test('a query is ignored if the route has none', async (t) => {
  const { ask } = createTestServer(t);
  for (const name of ['root', 'health', 'ready', 'getCount', 'getQueue'] as const) {
    assert.equal((await ask(name, { query: '?x=1&x=2&%zz' })).status, 200);
  }
});
