import assert from 'node:assert/strict';
import type { createTestLedger } from '@sluice/test-servers/ledger.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import type { Load } from './load.ts';

type Ledger = Awaited<ReturnType<typeof createTestLedger>>;

/**
 * Waits until what was acknowledged is recorded, then asserts the invariant: nothing lost, nothing twice, nothing that was not
 * sent, and `totals` equal to `COUNT(*)`. Answers with the time that it took, in milliseconds.
 */
export const assertBalance = async (
  ledger: Ledger,
  { acknowledged, refused }: Load,
  withinMs: number,
): Promise<number> => {
  const startedAt = performance.now();
  const readRecorded = async () => {
    const counts = await ledger.readCounts();
    return { counts, distinct: new Set(counts) };
  };
  let recorded = await readRecorded();
  try {
    await waitUntil(async () => {
      recorded = await readRecorded();
      return [...acknowledged].every((count) => recorded.distinct.has(count));
    }, withinMs);
  } catch {
    // What is missing is counted below.
  }
  const recoveryMs = performance.now() - startedAt;
  assert.ok(acknowledged.size > 0, 'the load got nothing acknowledged');
  const lost = [...acknowledged].filter((count) => !recorded.distinct.has(count));
  const invented = [...recorded.distinct].filter((count) => !acknowledged.has(count) && !refused.has(count));
  assert.deepEqual(
    {
      lost: lost.length,
      twice: recorded.counts.length - recorded.distinct.size,
      invented: invented.length,
      totals: await ledger.readTotals(),
    },
    { lost: 0, twice: 0, invented: 0, totals: (await ledger.readCounts()).length },
  );
  return recoveryMs;
};
