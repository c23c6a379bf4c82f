import { lostRule, twiceRule } from './checker/check.ts';
import type { Planned } from './schedule/schedule.ts';

/** A mutation of Sluice that the drill must catch. */
export type DrillMutation = {
  /** The name of its patch in tests/mutations/patches. */
  readonly name: string;
  /** The rule that it breaks. */
  readonly rule: string;
  readonly schedule: readonly Planned[];
};

const at = (seconds: number, kind: string, target: string, length = 0): Planned => ({
  ...{ at: seconds, kind, target, amount: 0, seconds: length },
});

/** The mutations, each with the faults that must show it. */
export const drillMutations: readonly DrillMutation[] = [
  {
    name: 'acknowledge-before-redis',
    rule: lostRule,
    schedule: [at(3, 'primary lost', 'redis-a', 3)],
  },
  {
    // A consumer that dies while MySQL stands still takes with it what it has removed from the queue.
    name: 'ack-before-commit',
    rule: lostRule,
    schedule: [at(3, 'freeze MySQL', 'database', 5), at(5, 'kill a consumer', 'consumer-a')],
  },
  {
    // A primary that stands still has a batch in its buffers, and then receives it once more.
    name: 'new-batch-id-for-each-attempt',
    rule: twiceRule,
    schedule: ['redis-a', 'redis-b', 'redis-c'].map((target) => at(3, 'freeze a primary', target, 1)),
  },
];
