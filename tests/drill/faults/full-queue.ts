import { waitUntil } from '@sluice/test-servers/wait.ts';
import { primaries } from '../system/shards.ts';
import type { Fault } from './fault.ts';

const full = '503 queue_full';

/** Every Redis has reached its `maxmemory`, so it refuses new entries. */
export const fullQueue: Fault = {
  kind: 'queue full',
  parts: ['queue'],
  targets: ['queue'],
  seconds: [2, 5],
  overhead: 2,
  begin: async ({ system: { queue, untilWhole }, client }) => {
    const before = client.countAnswers(full);
    await queue.setMaxMemory('1mb');
    await waitUntil(() => client.countAnswers(full) > before);
    const heal = async () => {
      await queue.setMaxMemory();
      await untilWhole(primaries[0] ?? '');
    };
    return { effect: `a POST was answered ${full}`, heal };
  },
};
