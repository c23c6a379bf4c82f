import { setTimeout as pause } from 'node:timers/promises';
import type { Fault } from './fault.ts';

/** The consumers go from 3 to 0 and to 6, and back to 3. `amount`: the time at 0 and at 6 in s. */
export const scaleConsumers: Fault = {
  kind: 'consumers 3 → 0 → 6',
  parts: ['consumers'],
  targets: ['consumers'],
  amounts: [4, 8],
  overhead: 6,
  secondsPerAmount: 2,
  begin: async ({ system: { consumers, moreConsumers } }, { amount }) => {
    const all = [...consumers, ...moreConsumers];
    await Promise.all(consumers.map((consumer) => consumer.down('SIGTERM')));
    if (all.some((consumer) => consumer.isRunning())) throw new Error('A consumer is left');
    await pause(amount * 1_000);
    await Promise.all(all.map((consumer) => consumer.up()));
    await pause(amount * 1_000);
    const heal = async () => void (await Promise.all(moreConsumers.map((consumer) => consumer.down('SIGTERM'))));
    return { effect: `none for ${amount} s, then ${all.length}`, heal };
  },
};
