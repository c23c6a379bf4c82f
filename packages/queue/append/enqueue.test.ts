import assert from 'node:assert/strict';
import { setImmediate, setTimeout as pause } from 'node:timers/promises';
import { test, type TestContext } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { countCodec, parseEntry } from '@sluice/contract/entry.ts';
import { testRedis } from '@sluice/test-servers/environment.ts';
import { createProxy } from '@sluice/test-servers/proxy/proxy.ts';
import { createTestQueue } from '@sluice/test-servers/queue.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { createEnqueuer } from './enqueue.ts';
import { partitionsOf } from '../partition.ts';

const aKey = { key: 'a key', space: '', client: 'a client' };

const deadlineMs = 1_500;

type TestSettings = {
  readonly maxBatches?: number;
  readonly count?: number;
  readonly areRegistered?: () => boolean;
};

const setUp = async (t: TestContext, settings: TestSettings = {}) => {
  const queue = await createTestQueue(t);
  const proxy = await createProxy(t, testRedis().port);
  const connection = queue.connect(proxy.port);
  await connection.run(queue.partition.stream, (client) => client.ping(), 2_000);
  const partitions = partitionsOf(queue.name, settings.count ?? 1);
  const errors: unknown[] = [];
  const enqueuer = createEnqueuer({
    codec: countCodec,
    connection,
    partitions,
    areRegistered: settings.areRegistered ?? (() => true),
    deadlineMs,
    attemptMs: 300,
    ackReplicas: 0,
    maxBatches: settings.maxBatches ?? 1_000_000,
    maxKeys: 1_000_000,
    onError: (error) => errors.push(error),
  });
  const readBatches = async () => {
    const streams = await Promise.all(partitions.map(({ stream }) => queue.admin.xRange(stream, '-', '+')));
    return streams
      .flatMap((entries) => entries ?? [])
      .map(({ message }) => {
        const result = parseEntry(message);
        assert.ok(result.ok);
        const { batchId, list, isKeyed } = result.batch;
        return { batchId, counts: list.split(',').map(Number), isKeyed };
      });
  };
  return { ...queue, connection, partitions, proxy, enqueuer, errors, readBatches };
};

test('an acknowledged count is in the stream', async (t) => {
  const { enqueuer, readBatches } = await setUp(t);
  assert.equal(await enqueuer.enqueue([42]), 'acknowledged');
  assert.deepEqual(
    (await readBatches()).map(({ counts }) => counts),
    [[42]],
  );
});

test('nothing is added before the partitions are registered', async (t) => {
  let areRegistered = false;
  const { enqueuer, readBatches } = await setUp(t, { areRegistered: () => areRegistered });
  assert.equal(await enqueuer.enqueue([1]), 'unavailable');
  assert.equal(await enqueuer.enqueue([2], aKey), 'unavailable');
  areRegistered = true;
  assert.equal(await enqueuer.enqueue([3]), 'acknowledged');
  assert.deepEqual(
    (await readBatches()).map(({ counts }) => counts),
    [[3]],
  );
});

test('counts that arrive together share a pipeline', async (t) => {
  const { enqueuer, readBatches } = await setUp(t);
  const outcomes = await Promise.all(Array.from({ length: 100 }, (_, index) => enqueuer.enqueue([index])));
  assert.ok(outcomes.every((outcome) => outcome === 'acknowledged'));
  assert.deepEqual(
    (await readBatches()).map(({ counts }) => counts),
    [Array.from({ length: 100 }, (_, index) => index)],
  );
});

test('at most two pipelines are in progress, and counts that arrive in the meantime share the next one', async (t) => {
  const { admin, enqueuer, readBatches } = await setUp(t);
  await enqueuer.enqueue([0]);
  await admin.sendCommand(['CLIENT', 'PAUSE', '10000', 'WRITE']);
  const outcomes: Promise<unknown>[] = [];
  for (let count = 1; count <= 5; count++) {
    outcomes.push(enqueuer.enqueue([count]));
    // Requests of different turns have not arrived together.
    await setImmediate();
    await setImmediate();
  }
  await admin.sendCommand(['CLIENT', 'UNPAUSE']);
  await Promise.all(outcomes);
  assert.deepEqual(
    (await readBatches()).map(({ counts }) => counts),
    [[0], [1], [2], [3, 4, 5]],
  );
});

test('a batch holds at most 1,000 counts, and the counts of a request stay together', async (t) => {
  const { enqueuer, readBatches } = await setUp(t);
  await Promise.all(Array.from({ length: 6 }, () => enqueuer.enqueue(Array(400).fill(1))));
  assert.deepEqual(
    (await readBatches()).map(({ counts }) => counts.length),
    [800, 800, 800],
  );
});

test('a batch whose reply is lost is retried under the same id', async (t) => {
  const { enqueuer, proxy, readBatches } = await setUp(t);
  await enqueuer.enqueue([6]);
  proxy.swallowReplies(true);
  const outcome = enqueuer.enqueue([7]);
  await waitUntil(() => proxy.swallowedBytes() > 0);
  proxy.swallowReplies(false);
  assert.equal(await outcome, 'acknowledged');
  const [, first, second, ...others] = await readBatches();
  assert.deepEqual(first?.counts, [7]);
  assert.deepEqual(second, first);
  assert.equal(others.length, 0);
});

test('a broken connection is replaced without an effect on the request', async (t) => {
  const { enqueuer, proxy, readBatches } = await setUp(t);
  proxy.cut();
  assert.equal(await enqueuer.enqueue([7]), 'acknowledged');
  assert.ok((await readBatches()).length >= 1);
});

test('a request is answered at its deadline while Redis is unavailable, and unsent counts are dropped', async (t) => {
  const { enqueuer, proxy, readBatches } = await setUp(t);
  proxy.refuse(true);
  proxy.cut();
  const both = Promise.all([enqueuer.enqueue([1]), enqueuer.enqueue([2])]);
  // A timer of the same event loop, which a busy machine delays as much.
  const late = pause(deadlineMs + 500, 'late', { ref: false });
  assert.deepEqual(await Promise.race([both, late]), ['unavailable', 'unavailable']);
  proxy.refuse(false);
  assert.equal(await enqueuer.enqueue([3]), 'acknowledged');
  assert.deepEqual(
    (await readBatches()).flatMap(({ counts }) => counts),
    [3],
  );
});

test('drain waits for requests in progress', async (t) => {
  const { enqueuer, readBatches } = await setUp(t);
  const outcomes: unknown[] = [];
  for (const key of [undefined, undefined, aKey]) {
    void enqueuer.enqueue([1], key).then((outcome) => outcomes.push(outcome));
  }
  await enqueuer.drain();
  assert.deepEqual(outcomes, ['acknowledged', 'acknowledged', 'acknowledged']);
  assert.equal((await readBatches()).length, 2);
});

test('waiting large requests are sent a few at a time, and a later small one is sent first', async (t) => {
  const { enqueuer, readBatches } = await setUp(t);
  const large = Array.from({ length: 12 }, (_, request) =>
    Array.from({ length: 10_000 }, (_value, index) => request * 10_000 + index),
  );
  const outcomes = large.map((counts) => enqueuer.enqueue(counts));
  outcomes.push(enqueuer.enqueue([-1]));
  for (const outcome of await Promise.all(outcomes)) assert.equal(outcome, 'acknowledged');
  const counts = (await readBatches()).flatMap((batch) => batch.counts);
  assert.equal(counts.indexOf(-1), 0);
  // A difference of lists this long would take all memory to show.
  assert.ok(
    isDeepStrictEqual(
      counts.slice(1).toSorted((a, b) => a - b),
      large.flat(),
    ),
  );
});
