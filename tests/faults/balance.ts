import assert from 'node:assert/strict';
import type { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import type { Posted } from './load.ts';
import { reportFault } from './report.ts';

type Whole = Awaited<ReturnType<typeof createPipeline>>;

type Pipeline = Pick<Whole, 'isDrained'> & { readonly ledger: Pick<Whole['ledger'], 'readCounts' | 'readTotals'> };

type Fault = {
  /** The name of the fault. */
  readonly fault: string;
  /** The number of times that it was injected. */
  readonly times: number;
  /** The time limit for recovery: until everything is recorded. */
  readonly withinMs: number;
  /** The counts that this fault may lose according to the documentation. */
  readonly mayBeLost?: ReadonlySet<number>;
};

/**
 * Waits until all acknowledged counts are recorded and the queue is empty. Adds the result to the
 * table that is printed after all tests.
 * Asserts that no count is lost, recorded twice or recorded without being sent, and that `totals`
 * equals `COUNT(*)`. Call it when the fault is over: the recovery time starts with the call.
 */
export const assertBalance = async ({ ledger, isDrained }: Pipeline, load: Posted, fault: Fault): Promise<void> => {
  const { acknowledged, unacknowledged } = load;
  const mayBeLost = fault.mayBeLost ?? new Set();
  const startedAt = performance.now();
  let recorded: ReadonlySet<number> = new Set();
  const findLost = () => [...acknowledged].filter((count) => !recorded.has(count) && !mayBeLost.has(count));
  try {
    await waitUntil(async () => {
      // The cheap query first.
      if ((await ledger.readTotals()) < acknowledged.size - mayBeLost.size) return false;
      recorded = new Set(await ledger.readCounts());
      return findLost().length === 0 && (await isDrained());
    }, fault.withinMs);
  } catch {
    // Missing counts are counted below.
  }
  const recoveryMs = performance.now() - startedAt;
  const rows = await ledger.readCounts();
  recorded = new Set(rows);
  const lost = findLost().length;
  const twice = rows.length - recorded.size;
  const lostWithIt = [...mayBeLost].filter((count) => !recorded.has(count)).length;
  const { fault: name, times } = fault;
  reportFault({
    fault: name,
    times,
    acknowledged: acknowledged.size,
    lostWithIt,
    lost,
    twice,
    recoveryMs,
  });
  assert.ok(acknowledged.size > mayBeLost.size, 'the load got nothing acknowledged');
  const invented = [...recorded].filter((count) => !acknowledged.has(count) && !unacknowledged.has(count)).length;
  const totals = await ledger.readTotals();
  assert.deepEqual(
    { lost, twice, invented, totals, oddAnswers: load.oddAnswers.slice(0, 3) },
    { lost: 0, twice: 0, invented: 0, totals: rows.length, oddAnswers: [] },
  );
};
