import assert from 'node:assert/strict';
import type { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import type { Posted } from './load.ts';
import { reportFault } from './report.ts';

type Whole = Awaited<ReturnType<typeof createPipeline>>;

type Pipeline = Pick<Whole, 'isDrained'> & { readonly ledger: Pick<Whole['ledger'], 'readCounts' | 'readTotals'> };

type Fault = {
  /** What was broken. */
  readonly fault: string;
  /** How many times. */
  readonly times: number;
  /** How long it may take until everything is recorded. */
  readonly withinMs: number;
  /** Counts that what was broken may lose, by what is promised of it. */
  readonly mayBeLost?: ReadonlySet<number>;
};

/**
 * Waits until what was acknowledged is recorded and nothing waits, notes how it went for the table at the end of all tests, and asserts the invariant: nothing
 * lost, nothing twice, nothing that was not sent, and `totals` equal to `COUNT(*)`. Starts to wait when it is called: when the fault is over.
 */
export const assertBalance = async ({ ledger, isDrained }: Pipeline, load: Posted, fault: Fault): Promise<void> => {
  const { acknowledged, unacknowledged } = load;
  const mayBeLost = fault.mayBeLost ?? new Set();
  const startedAt = performance.now();
  let recorded: ReadonlySet<number> = new Set();
  const findLost = () => [...acknowledged].filter((count) => !recorded.has(count) && !mayBeLost.has(count));
  try {
    await waitUntil(async () => {
      // The cheap question first.
      if ((await ledger.readTotals()) < acknowledged.size - mayBeLost.size) return false;
      recorded = new Set(await ledger.readCounts());
      return findLost().length === 0 && (await isDrained());
    }, fault.withinMs);
  } catch {
    // What is missing is counted below.
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
