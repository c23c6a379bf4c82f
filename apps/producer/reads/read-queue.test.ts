import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createReadQueue, TooManyReadsError } from './read-queue.ts';

/** Creates a queue whose reads end when the test calls `end`. */
const createTestQueue = (settings: Partial<Parameters<typeof createReadQueue>[0]> = {}) => {
  const queue = createReadQueue<string>({ maxRunning: 1, maxWaiting: 3, maxWaitMs: 60_000, ...settings });
  const started: string[] = [];
  const ends: (() => void)[] = [];
  const run = (client: string, key: string) => {
    const answer = queue.run(client, key, () => {
      started.push(key);
      const { promise, resolve } = Promise.withResolvers<string>();
      ends.push(() => resolve(key));
      return promise;
    });
    answer.catch(() => undefined);
    return answer;
  };
  /** Ends the read that started first, so that the next one starts. */
  const end = async () => {
    ends.shift()?.();
    await new Promise(setImmediate);
  };
  return { run, end, started };
};

test('only a few reads run at a time, and clients take turns', async () => {
  const { run, end, started } = createTestQueue({ maxWaiting: 10 });
  const answers = ['a1', 'a2', 'a3', 'b1', 'b2'].map((key) => run(key.slice(0, 1), key));
  assert.deepEqual(started, ['a1']);
  for (const _ of answers) await end();
  assert.deepEqual(started, ['a1', 'a2', 'b1', 'a3', 'b2']);
  assert.deepEqual(await Promise.all(answers), ['a1', 'a2', 'a3', 'b1', 'b2']);
});

test('equal reads are shared while they wait, but not once they run', async () => {
  const { run, end, started } = createTestQueue();
  const answers = ['x', 'x', 'x'].map((key) => run('a', key));
  assert.deepEqual(started, ['x']);
  for (let turn = 0; turn < 2; turn += 1) await end();
  assert.deepEqual(started, ['x', 'x']);
  assert.deepEqual(await Promise.all(answers), ['x', 'x', 'x']);
});

test('when too many reads wait, the client with the most is refused and others are served', async () => {
  const { run, end, started } = createTestQueue();
  const greedy = ['a1', 'a2', 'a3', 'a4', 'a5'].map((key) => run('a', key));
  const modest = run('b', 'b1');
  await assert.rejects(greedy[4] ?? Promise.resolve(), TooManyReadsError);
  await assert.rejects(greedy[3] ?? Promise.resolve(), TooManyReadsError);
  for (let turn = 0; turn < 5; turn += 1) await end();
  assert.equal(await modest, 'b1');
  assert.deepEqual(started, ['a1', 'a2', 'b1', 'a3']);
});

test('a read shared by two clients is not dropped when one of them has too many', async () => {
  const { run, end } = createTestQueue({ maxWaiting: 1 });
  void run('a', 'a1');
  const shared = [run('a', 'page'), run('b', 'page')];
  await assert.rejects(run('a', 'a2'), TooManyReadsError);
  for (let turn = 0; turn < 2; turn += 1) await end();
  assert.deepEqual(await Promise.all(shared), ['page', 'page']);
});

test('a read that waits too long is refused, and a failed one fails only its own requests', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const queue = createReadQueue<string>({ maxRunning: 1, maxWaiting: 3, maxWaitMs: 1_000 });
  const { promise, reject } = Promise.withResolvers<string>();
  const failing = queue.run('a', 'x', () => promise);
  const late = queue.run('a', 'y', async () => 'y');
  t.mock.timers.tick(1_000);
  await assert.rejects(late, TooManyReadsError);
  reject(new Error('gone'));
  await assert.rejects(failing, /gone/);
  assert.equal(await queue.run('b', 'z', async () => 'z'), 'z');
});
