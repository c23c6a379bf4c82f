import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBatchIds } from './batch-ids.ts';

test('batch ids are 32 hexadecimal digits and never repeat, within a source or between two', () => {
  const sources = [createBatchIds(), createBatchIds()];
  const ids = sources.flatMap((next) => Array.from({ length: 1_000 }, next));
  assert.equal(new Set(ids).size, 2_000);
  assert.ok(ids.every((id) => /^[0-9a-f]{32}$/.test(id)));
});
