import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withDeadline } from './with-deadline.ts';

const never = () => new Promise<never>(() => undefined);
const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

test('work that takes too long is given up with the error of its caller', async () => {
  const late = new Error('late');
  await assert.rejects(
    withDeadline(never, 1, () => late),
    late,
  );
});

test('work in time has its own result, and leaves no timer behind', async () => {
  const before = timers();
  const onLate = () => new Error('late');
  assert.equal(await withDeadline(async () => 7, 60_000, onLate), 7);
  await assert.rejects(
    withDeadline(() => Promise.reject(new Error('failed')), 60_000, onLate),
    /failed/,
  );
  assert.equal(timers(), before);
});
