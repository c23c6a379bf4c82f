import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestLedger } from '@sluice/test-servers/ledger.ts';
import { recordBatches } from './record.ts';
import { verifyTotals } from './verify-totals.ts';

const batchOf = (number: number, ...counts: number[]) => ({
  batchId: number.toString(16).padStart(32, '0'),
  list: counts.join(','),
  size: counts.length,
  isKeyed: false,
});

test('rows that are missing from the totals are found', async (t) => {
  const { connect, query } = await createTestLedger(t);
  const ledger = connect();
  assert.deepEqual(await verifyTotals(ledger, 5_000), { total: 0n, rowsCount: 0n });
  await recordBatches(ledger, [batchOf(1, 1, 2, 3)], { shard: 0, inboxHours: 1, deadlineMs: 5_000 });
  assert.deepEqual(await verifyTotals(ledger, 5_000), { total: 3n, rowsCount: 3n });
  await query('DELETE FROM `count` WHERE count_value = 2');
  assert.deepEqual(await verifyTotals(ledger, 5_000), { total: 3n, rowsCount: 2n });
});

test('totals and rows come from one snapshot while consumers record', async (t) => {
  const { connect } = await createTestLedger(t);
  const ledger = connect();
  const recording = connect();
  let isOver = false;
  const keepRecording = async () => {
    for (let number = 0; !isOver; number += 1) {
      await recordBatches(recording, [batchOf(number, 1, 2, 3)], {
        shard: number % 4,
        inboxHours: 1,
        deadlineMs: 5_000,
      });
    }
  };
  const over = keepRecording();
  try {
    for (let round = 0; round < 100; round += 1) {
      const { total, rowsCount } = await verifyTotals(ledger, 5_000);
      assert.equal(total, rowsCount);
    }
  } finally {
    isOver = true;
    await over;
  }
});
