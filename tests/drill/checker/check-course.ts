import type { Happened } from '../schedule/run-schedule.ts';
import type { Finding } from './check.ts';

/**
 * Checks that the faults of a run happened, and that the system recovered from them. The times in ms
 * are Infinity if it did not.
 */
export const checkCourse = (faults: readonly Happened[], recoveredMs: number, drainedMs: number): Finding[] => [
  {
    rule: 'each fault took effect and was healed',
    violations: faults.flatMap(({ kind, target, error }) =>
      error === undefined ? [] : `${kind} (${target}): ${error}`,
    ),
  },
  {
    rule: 'requests are acknowledged again after the last fault',
    violations: recoveredMs === Infinity ? ['they are not'] : [],
  },
  {
    rule: 'the queue becomes empty after the load',
    violations: drainedMs === Infinity ? ['it does not'] : [],
  },
];
