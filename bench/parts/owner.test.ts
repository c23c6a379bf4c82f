import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withOwner, type Owner } from './owner.ts';

test('what was started is ended, the last first, also when the work fails', async () => {
  const ended: string[] = [];
  const work = async ({ after }: Owner) => {
    after(() => ended.push('first'));
    after(() => ended.push('second'));
    throw new Error('no drain');
  };
  await assert.rejects(withOwner(work), /no drain/);
  assert.deepEqual(ended, ['second', 'first']);
});

test('what cannot be ended does not keep the rest from it, and is told', async () => {
  const ended: string[] = [];
  const work = async ({ after }: Owner) => {
    after(() => ended.push('first'));
    after(() => Promise.reject(new Error('it does not end')));
  };
  await assert.rejects(withOwner(work), { message: 'Not all that was started could be ended' });
  assert.deepEqual(ended, ['first']);
});

test('what work that was given up starts later is ended at once', async () => {
  const ended: string[] = [];
  let late: Owner | undefined;
  await withOwner(async (owner) => {
    late = owner;
  });
  late?.after(() => ended.push('late'));
  assert.deepEqual(ended, ['late']);
});
