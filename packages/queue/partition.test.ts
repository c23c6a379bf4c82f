import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestQueue } from '@sluice/test-servers/queue.ts';
import { maxReadPartitions, readPartitions, registerPartitions } from './admin/partition-registry.ts';
import { partitionOf, partitionsOf, possiblePartitionsOf } from './partition.ts';
import { slotCount, slotOf } from './redis/slot.ts';

test('the hash slot of a key is the same as in Redis', () => {
  // Values of CLUSTER KEYSLOT in Redis 7.0.
  for (const [key, slot] of [
    ['foo', 12_182],
    ['{user1000}.following', 3_443],
    ['foo{}{bar}', 8_363],
    ['foo{{bar}}zap', 4_015],
    ['', 0],
  ] as const) {
    assert.equal(slotOf(key), slot, key);
  }
});

test('the only partition has only its index in its name', () => {
  assert.deepEqual(partitionOf('count_queue', 0), {
    stream: '{count_queue:0}',
    deadLetters: '{count_queue:0}:dead',
    keyRecords: '{count_queue:0}',
  });
});

test('the hash slots of partitions are spread evenly and never change', () => {
  for (const count of [1, 2, 3, 7, 64]) {
    const partitions = partitionsOf('count_queue', count);
    const parts = partitions.map(({ stream }) => Math.floor((slotOf(stream) * count) / slotCount));
    assert.deepEqual(
      parts,
      Array.from({ length: count }, (_, index) => index),
    );
    assert.deepEqual(partitionsOf('count_queue', count), partitions);
  }
});

test('every partition that was ever registered is read, so a change of their number strands no entry', async (t) => {
  const { name, connect } = await createTestQueue(t);
  const connection = connect();
  assert.deepEqual(await readPartitions(connection, name), []);
  await registerPartitions(connection, name, partitionsOf(name, 3));
  await registerPartitions(connection, name, partitionsOf(name, 2));
  const expected = new Set([...partitionsOf(name, 3), ...partitionsOf(name, 2)].map(({ stream }) => stream));
  assert.deepEqual(new Set((await readPartitions(connection, name)).map(({ stream }) => stream)), expected);
});

test('names that no partition can have are not read, however many are registered', async (t) => {
  const { name, admin, connect } = await createTestQueue(t);
  const connection = connect();
  await registerPartitions(connection, name, partitionsOf(name, 3));
  const registry = `${name}:partitions`;
  const wrong = ['', name, `{${name}:0}:dead`, `{${name}:64}`, `{${name}:00}`, `{${name}:0-x}`, '{other:0}', '\u0000'];
  await admin.sAdd(registry, [...wrong, 'x'.repeat(1_000_000)]);
  for (let start = 0; start < 100_000; start += 10_000) {
    await admin.sAdd(
      registry,
      Array.from({ length: 10_000 }, (_, index) => `{${name}:0-${1_000 + start + index}}`),
    );
  }
  const ignored: number[] = [];
  const partitions = await readPartitions(connection, name, (names) => ignored.push(names));
  assert.deepEqual(new Set(partitions), new Set(partitionsOf(name, 3)));
  assert.deepEqual(ignored, [100_000 + wrong.length + 1]);
});

test('at most the maximum of partitions is read, lowest numbers first', async (t) => {
  const { name, admin, connect } = await createTestQueue(t);
  const possible = possiblePartitionsOf(name);
  for (const count of [1, 2, 3, 7, 64]) {
    for (const partition of partitionsOf(name, count)) {
      assert.ok(possible.some(({ stream }) => stream === partition.stream));
    }
  }
  assert.ok(possible.length < 1_500);
  await admin.sAdd(
    `${name}:partitions`,
    possible.map(({ stream }) => stream),
  );
  const read = (await readPartitions(connect(), name)).map(({ stream }) => stream);
  assert.equal(read.length, maxReadPartitions);
  for (let count = 1; count <= 15; count++) {
    for (const { stream } of partitionsOf(name, count)) assert.ok(read.includes(stream), stream);
  }
});

test('a partition whose key has another type does not block the registration of others', async (t) => {
  const { name, admin, connect } = await createTestQueue(t);
  const partitions = partitionsOf(name, 3);
  await admin.set(partitions[1]?.stream ?? '', 'not a stream');
  await registerPartitions(connect(), name, partitions);
  assert.equal((await readPartitions(connect(), name)).length, 3);
  for (const index of [0, 2]) assert.equal((await admin.xInfoGroups(partitions[index]?.stream ?? '')).length, 1);
});
