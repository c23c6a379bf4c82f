import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { coalesce } from './coalesce.ts';

const createRead = () => {
  const started: PromiseWithResolvers<number>[] = [];
  const ask = coalesce(() => {
    const reading = Promise.withResolvers<number>();
    started.push(reading);
    return reading.promise;
  });
  return { started, ask };
};

test('requests in one turn of the event loop share a read', async () => {
  const { started, ask } = createRead();
  const answers = [ask(), ask()];
  await turn();
  answers.push(ask());
  await turn();
  assert.equal(started.length, 1);
  started[0]?.resolve(1);
  await turn();
  started[1]?.resolve(2);
  assert.deepEqual(await Promise.all(answers), [1, 1, 2]);
});

test('requests during a read all join the next one', async () => {
  const { started, ask } = createRead();
  const first = ask();
  await turn();
  const later = [ask(), ask(), ask()];
  await turn();
  assert.equal(started.length, 1);
  started[0]?.resolve(1);
  await turn();
  assert.equal(started.length, 2);
  started[1]?.resolve(2);
  assert.equal(await first, 1);
  assert.deepEqual(await Promise.all(later), [2, 2, 2]);
});

test('a failed read fails for all that share it, and the next read still runs', async () => {
  const { started, ask } = createRead();
  const first = ask();
  await turn();
  const second = ask();
  started[0]?.reject(new Error('away'));
  await assert.rejects(first, /away/);
  await turn();
  started[1]?.resolve(2);
  assert.equal(await second, 2);
});
