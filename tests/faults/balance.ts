import assert from 'node:assert/strict';
import type { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
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
  let recorded: ReadonlySet<number> = new Set();
  const findLost = () => [...acknowledged].filter((count) => !recorded.has(count) && !mayBeLost.has(count));
  try {
    await waitUntil(async () => {
      // The cheap query first.
      if ((await ledger.readTotals()) < acknowledged.size - mayBeLost.size) return false;
      recorded = new Set(await ledger.readCounts());
      return findLost().length === 0 && (await isDrained());
    }, withinMs);
  } catch {
    // Missing counts are counted below.
  }
  const rows = await ledger.readCounts();
  recorded = new Set(rows);
  const lost = findLost().length;
  const twice = rows.length - recorded.size;
  assert.ok(acknowledged.size > mayBeLost.size, 'the load got nothing acknowledged');
  const invented = [...recorded].filter((count) => !acknowledged.has(count) && !unacknowledged.has(count)).length;
  const totals = await ledger.readTotals();
  assert.deepEqual(
    { lost, twice, invented, totals, oddAnswers: load.oddAnswers.slice(0, 3) },
    { lost: 0, twice: 0, invented: 0, totals: rows.length, oddAnswers: [] },
  );
};
