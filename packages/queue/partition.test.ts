import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestQueue } from '@sluice/test-servers/queue.ts';
import { readPartitions, registerPartitions } from './partition-registry.ts';
import { partitionOf, partitionsOf } from './partition.ts';
import { slotCount, slotOf } from './slot.ts';

test('the slot of a key is the one that Redis gives it', () => {
  // CLUSTER KEYSLOT of Redis 7.0.
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

test('the only partition is called for its index alone', () => {
  assert.deepEqual(partitionOf('count_queue', 0), { stream: '{count_queue:0}', deadLetters: '{count_queue:0}:dead' });
});

test('partitions have their slots in equal parts of all slots, one in each, always the same', () => {
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

test('every partition that was ever registered is read, so that a change of their number strands nothing', async (t) => {
  const { name, connect } = await createTestQueue(t);
  const connection = connect();
  assert.deepEqual(await readPartitions(connection, name), []);
  await registerPartitions(connection, name, partitionsOf(name, 3));
  await registerPartitions(connection, name, partitionsOf(name, 2));
  const expected = new Set([...partitionsOf(name, 3), ...partitionsOf(name, 2)].map(({ stream }) => stream));
  assert.deepEqual(new Set((await readPartitions(connection, name)).map(({ stream }) => stream)), expected);
});
