import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '@sluice/runtime/logging/logger.ts';
import { runHousekeeping } from './housekeeping.ts';

const minuteMs = 60_000;

/** Runs one round with an oldest entry of that age. Returns the number of purges. */
const countPurges = async (oldestAgeMs: number | undefined, inboxHours = 1): Promise<number> => {
  const stopping = new AbortController();
  let purges = 0;
  const tidying = runHousekeeping(
    {
      purge: async () => {
        purges++;
        return 0;
      },
      oldestAgeMs: () => oldestAgeMs,
      inboxHours,
      onPurged: () => undefined,
      removeIdleConsumers: async () => undefined,
      logger: createLogger('test', 'fatal'),
    },
    stopping.signal,
  );
  await new Promise(setImmediate);
  stopping.abort();
  await tidying;
  return purges;
};

test('the inbox is purged while the oldest entry is younger than half the retention of ids', async () => {
  assert.equal(await countPurges(0), 1);
  assert.equal(await countPurges(29 * minuteMs), 1);
  assert.equal(await countPurges(30 * minuteMs), 0);
  assert.equal(await countPurges(59 * minuteMs, 2), 1);
});

test('the inbox is not purged while the age of the oldest entry is unknown', async () => {
  assert.equal(await countPurges(undefined), 0);
});
