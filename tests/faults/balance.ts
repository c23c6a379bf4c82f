import assert from 'node:assert/strict';
import type { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { compareRecorded } from './compare-recorded.ts';
import type { Posted } from './load.ts';

type Whole = Awaited<ReturnType<typeof createPipeline>>;

type Pipeline = Pick<Whole, 'isDrained'> & { readonly ledger: Pick<Whole['ledger'], 'readCounts' | 'readTotals'> };

/**
 * Waits until all acknowledged counts are recorded and the queue is empty.
 * Asserts that no count is lost, recorded twice or recorded without being sent, and that `totals`
 * equals `COUNT(*)`. Call it when the fault is over: `withinMs` starts with the call. The fault may
 * lose `mayBeLost` according to the documentation.
 */
export const assertBalance = async (
  { ledger, isDrained }: Pipeline,
  load: Posted,
  withinMs: number,
  mayBeLost: ReadonlySet<number> = new Set(),
): Promise<void> => {
  const { acknowledged, unacknowledged } = load;
  const mustBe = [...acknowledged].filter((count) => !mayBeLost.has(count));
  const mayBe = { has: (count: number) => unacknowledged.has(count) || mayBeLost.has(count) };
  const compare = (recorded: readonly number[]) => compareRecorded(recorded, mustBe, mayBe);
  try {
    await waitUntil(async () => {
      // The cheap query first.
      if ((await ledger.readTotals()) < acknowledged.size - mayBeLost.size) return false;
      return compare(await ledger.readCounts()).lost.length === 0 && (await isDrained());
    }, withinMs);
  } catch {
    // Missing counts are counted below.
  }
  const rows = await ledger.readCounts();
  const { lost, twice, invented } = compare(rows);
  assert.ok(acknowledged.size > mayBeLost.size, 'the load got nothing acknowledged');
  const totals = await ledger.readTotals();
  assert.deepEqual(
    {
      lost: lost.length,
      twice: twice.length,
      invented: invented.length,
      totals,
      oddAnswers: load.oddAnswers.slice(0, 3),
    },
    { lost: 0, twice: 0, invented: 0, totals: rows.length, oddAnswers: [] },
  );
};
