import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shareNext } from './share-next.ts';

const createRead = () => {
  const started: PromiseWithResolvers<number>[] = [];
  const ask = shareNext(() => {
    const reading = Promise.withResolvers<number>();
    started.push(reading);
    return reading.promise;
  });
  return { started, ask };
};

const tick = () => new Promise(setImmediate);

test('who asks during a read joins the next one, all of them the same', async () => {
  const { started, ask } = createRead();
  const first = ask();
  await tick();
  const later = [ask(), ask(), ask()];
  await tick();
  assert.equal(started.length, 1);
  started[0]?.resolve(1);
  await tick();
  assert.equal(started.length, 2);
  started[1]?.resolve(2);
  assert.equal(await first, 1);
  assert.deepEqual(await Promise.all(later), [2, 2, 2]);
});

test('a read that fails fails for those who share it, and the next is tried', async () => {
  const { started, ask } = createRead();
  const first = ask();
  await tick();
  const second = ask();
  started[0]?.reject(new Error('away'));
  await assert.rejects(first, /away/);
  await tick();
  started[1]?.resolve(2);
  assert.equal(await second, 2);
});
