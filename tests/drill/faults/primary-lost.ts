import { waitUntil } from '@sluice/test-servers/wait.ts';
import { isPrimary, primaries, replicaOf } from '../system/shards.ts';
import type { Fault } from './fault.ts';

/** The machine of a primary is lost. Its replica takes over, and stays alone until it is back. */
export const primaryLost: Fault = {
  kind: 'primary lost',
  parts: ['queue'],
  targets: primaries,
  seconds: [2, 8],
  overhead: 10,
  begin: async ({ system: { processOf, untilWhole } }, { target }) => {
    const replica = replicaOf(target);
    await processOf(target).down('SIGKILL');
    const startedAt = performance.now();
    await waitUntil(() => isPrimary(replica));
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    const heal = async () => {
      await processOf(target).up();
      await untilWhole(target);
    };
    return { effect: `${replica} is the primary after ${seconds} s`, heal };
  },
};
